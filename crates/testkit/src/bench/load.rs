//! How does a population come into PostgreSQL and MariaDB? Through their own clients, made and loaded at once, without a
//! file between.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{Answers, Spec, Tables, generate};

/// Tables of the registration database. What no output needs is there on purpose.
const REGISTRATION: &str = "
CREATE TABLE registration_group (group_id uuid, group_no text NOT NULL, registration_date date, group_size int,
  focal_point_id uuid, camp_pcode text, address_text text, status char(1), cash_eligible bool, created_at timestamptz,
  updated_at timestamptz);
CREATE TABLE individual (individual_id uuid, individual_no text NOT NULL, group_id uuid NOT NULL,
  relationship_code text, process_status char(1), given_name text, middle_name text, family_name text, name_local text,
  mother_name text, father_name text, sex char(1), dob date, dob_estimated bool, country_origin char(3),
  country_birth char(3), place_birth text, nationality char(3), ethnicity_code text, religion_code text,
  language_code text, marital_status char(2), education_code text, occupation_code text, legal_status char(3),
  legal_status_date date, arrival_date date, registration_date date, flight_date date, phone text, email text,
  camp_pcode text, admin1_pcode text, address_block text, address_shelter text, literate bool, photo_ref text,
  consent_share bool, created_at timestamptz, updated_at timestamptz, notes text, legacy_no int);
CREATE TABLE document (document_id bigint, individual_id uuid NOT NULL, doc_type text, doc_number text,
  issue_date date, expiry_date date, issuing_country char(3), status char(1));
CREATE TABLE specific_need (need_id bigint, individual_id uuid NOT NULL, need_code text, severity char(1),
  recorded_on date, closed bool, recorded_by text)";

/// Keys and indexes, built when the rows are there.
const INDEXES: &str = "
ALTER TABLE registration_group ADD PRIMARY KEY (group_id);
CREATE UNIQUE INDEX ON registration_group (group_no);
ALTER TABLE individual ADD PRIMARY KEY (individual_id);
CREATE UNIQUE INDEX ON individual (individual_no);
CREATE INDEX ON individual (group_id);
CREATE INDEX ON individual (camp_pcode);
CREATE INDEX ON individual (updated_at);
ALTER TABLE document ADD PRIMARY KEY (document_id);
CREATE INDEX ON document (individual_id);
ALTER TABLE specific_need ADD PRIMARY KEY (need_id);
CREATE INDEX ON specific_need (individual_id)";

const BIOMETRICS: &str = "
CREATE TABLE biometric_enrolment (enrolment_id bigint NOT NULL, individual_id char(36) CHARACTER SET ascii NOT NULL,
  modality enum('face','fingerprint','iris') NOT NULL, position varchar(2) CHARACTER SET ascii,
  quality smallint NOT NULL, captured_at datetime NOT NULL, device_id varchar(8) CHARACTER SET ascii, template blob,
  PRIMARY KEY (enrolment_id)) ENGINE=InnoDB";

const ENROL: &str = "
SET unique_checks=0, time_zone='+00:00';
LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE biometric_enrolment CHARACTER SET ascii
  (enrolment_id, individual_id, modality, position, quality, captured_at, device_id, @template)
  SET template = unhex(@template);
ALTER TABLE biometric_enrolment ADD KEY (individual_id);
ANALYZE TABLE biometric_enrolment";

/// Makes a population in an empty PostgreSQL database, an empty MariaDB database and the file `assistance`; what the
/// gateway must give of it.
///
/// `psql` and `mariadb` give the clients' commands with all that signing in takes.
///
/// # Errors
/// A server refuses, or the file cannot be written.
pub fn load(
    spec: &Spec,
    psql: impl Fn() -> Command,
    mariadb: impl Fn() -> Command,
    assistance: &Path,
) -> io::Result<Answers> {
    succeeds(psql().args(["-c", REGISTRATION]))?;
    succeeds(mariadb().args(["-e", BIOMETRICS]))?;
    let mut clients: Vec<Child> = Vec::new();
    let mut into = |command: &mut Command| -> io::Result<BufWriter<Box<dyn Write>>> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let stdin = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        clients.push(child);
        Ok(BufWriter::with_capacity(1 << 18, Box::new(stdin)))
    };
    // A table emptied in the same transaction needs no log of its rows where the server keeps the least.
    let mut copy = |table: &str| {
        let (empty, fill) = (format!("TRUNCATE {table}"), format!("COPY {table} FROM STDIN (FORMAT csv, FREEZE)"));
        into(psql().args(["-c", "BEGIN", "-c", &empty, "-c", &fill, "-c", "COMMIT"]))
    };
    let mut tables = Tables {
        registration_group: copy("registration_group")?,
        individual: copy("individual")?,
        document: copy("document")?,
        specific_need: copy("specific_need")?,
        biometric_enrolment: into(mariadb().args(["-e", ENROL]))?,
        assistance: BufWriter::with_capacity(1 << 18, Box::new(File::create(assistance)?) as Box<dyn Write>),
    };
    let made = generate(spec, &mut tables);
    // The clients end when nothing more can come.
    drop(tables);
    for mut client in clients {
        let status = client.wait()?;
        if !status.success() {
            return Err(io::Error::other(format!("a client that loads a table ended with {status}")));
        }
    }
    succeeds(psql().args(["-c", INDEXES, "-c", "VACUUM (ANALYZE)", "-c", "CHECKPOINT"]))?;
    made
}

fn succeeds(command: &mut Command) -> io::Result<()> {
    let ended = command.stdin(Stdio::null()).output()?;
    if ended.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&ended.stderr).trim().to_owned()))
}
