//! Does a server with TLS and with settings of its own give the same rows?

use std::sync::OnceLock;

use causeway_flow::Batch;
use causeway_flow::source::SourceError;
use causeway_model::Code;
use causeway_model::catalogue::Tls;
use causeway_testkit::server::{Certificates, Mariadb};

use crate::fixture::{refused, rows, scan, texts};
use crate::mariadb::{Place, place_on, private};

const PERSON: &str = "SET SESSION sql_mode = '', autocommit = 1;
    CREATE TABLE person (id INT PRIMARY KEY, name CHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci) ENGINE=InnoDB;
    INSERT INTO person SELECT seq, CONCAT('Zuri ', seq) FROM seq_1_to_100; INSERT INTO person VALUES (0, '')";

/// A server with TLS, its certificates, and settings that change what sessions see.
fn odd() -> &'static (Mariadb, Certificates) {
    static ODD: OnceLock<(Mariadb, Certificates)> = OnceLock::new();
    ODD.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap().keep();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let certificates = Certificates::make(&folder, "mutual").unwrap();
        let path = |name: &str| certificates.path(name).display().to_string();
        let (ca, certificate, key) = (path("ca.pem"), path("server.pem"), path("server.key"));
        certificates.give_to("mysql").unwrap();
        let server = Mariadb::start(&[("ssl-ca", &ca), ("ssl-cert", &certificate), ("ssl-key", &key)]).unwrap();
        server
            .sql(
                "mysql",
                "SET GLOBAL sql_mode = 'PAD_CHAR_TO_FULL_LENGTH,EMPTY_STRING_IS_NULL,ANSI_QUOTES,NO_BACKSLASH_ESCAPES';
                 SET GLOBAL sql_select_limit = 7; SET GLOBAL time_zone = '+05:45'; SET GLOBAL autocommit = 0;
                 SET GLOBAL net_write_timeout = 1; SET GLOBAL character_set_results = NULL",
            )
            .unwrap();
        (server, certificates)
    })
}

/// A database on the odd server, read over TLS with the authority's certificate.
fn protected(name: &str) -> Place {
    let (server, certificates) = odd();
    let mut place = place_on(server, name, PERSON);
    std::fs::copy(certificates.path("ca.pem"), place.base.path().join("ca.pem")).unwrap();
    place.change(|server| server.tls = Tls { ca: Some("ca.pem".into()), ..Tls::default() });
    place
}

fn read(place: &Place) -> Result<Vec<Batch>, SourceError> {
    place.read(&scan(Some("person"), &[("id", "integer"), ("name", "text")]))
}

#[test]
fn settings_of_the_server_change_nothing() {
    let place = protected("odd_settings");
    let batches = read(&place).unwrap();
    let names = texts(&batches, 1);
    assert_eq!(names.len(), 101, "no limit cuts the rows");
    assert!(names.contains(&"Zuri 100".to_owned()) && names.contains(&String::new()), "no blanks, no lost empty text");
    place.nothing_is_open();
}

#[test]
fn the_server_is_verified_and_its_name_too() {
    let mut place = protected("verified");
    assert_eq!(rows(&read(&place).unwrap()), 101);
    place.change(|server| server.host = "localhost".into());
    assert_eq!(rows(&read(&place).unwrap()), 101);
    // The same machine under a name that the certificate does not have.
    place.change(|server| server.host = "0.0.0.0".into());
    let error = read(&place).unwrap_err();
    assert_eq!(error.code, Code::SourceUnreachable, "{error}");
    place.change(|server| server.host = "127.0.0.1".into());
    let other = tempfile::tempdir().unwrap();
    let made = Certificates::make(other.path(), "nobody").unwrap();
    std::fs::copy(made.path("ca.pem"), place.base.path().join("ca.pem")).unwrap();
    refused(read(&place), Code::SourceUnreachable, "certificate");
    std::fs::write(place.base.path().join("ca.pem"), "no certificate").unwrap();
    refused(read(&place), Code::SourceUnreachable, "ca.pem");
    place.nothing_is_open();
}

#[test]
fn a_user_who_must_show_a_certificate_shows_it() {
    let mut place = protected("mutual");
    place.sql("ALTER USER mutual@'%' REQUIRE X509");
    assert_eq!(read(&place).unwrap_err().code, Code::SourceUnreachable);
    let (_, certificates) = odd();
    for name in ["client.pem", "client.key"] {
        private(place.base.path(), name, &std::fs::read_to_string(certificates.path(name)).unwrap());
    }
    let ours = |server: &mut causeway_model::catalogue::Server| {
        (server.tls.certificate, server.tls.key) = (Some("client.pem".into()), Some("client.key".into()));
    };
    place.change(ours);
    assert_eq!(rows(&read(&place).unwrap()), 101);
    place.nothing_is_open();
}

#[test]
fn a_password_is_proven_by_ed25519() {
    let place = protected("curve");
    place.sql("INSTALL SONAME 'auth_ed25519'");
    place.sql("ALTER USER curve@'%' IDENTIFIED VIA ed25519 USING PASSWORD('open sesame')");
    assert_eq!(rows(&read(&place).unwrap()), 101);
    private(place.base.path(), "word", "another word");
    refused(read(&place), Code::SourceUnreachable, "password");
    place.nothing_is_open();
}

#[test]
fn a_method_that_we_do_not_have_is_named() {
    let place = protected("strange");
    place.sql("ALTER USER strange@'%' IDENTIFIED VIA unix_socket");
    let error = read(&place).unwrap_err();
    assert_eq!(error.code, Code::SourceUnreachable, "{error}");
    assert!(!error.to_string().contains("sesame"));
}
