//! Does the gateway read other people's systems whole or not at all, and deliver packages whole or not at all?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod check;
mod csv;
mod fixture;
mod folder;
mod hostile;
mod json_lines;
mod limits;
mod live;
mod live_trouble;
mod live_types;
mod mariadb;
mod mariadb_bad;
mod mariadb_edges;
mod mariadb_fixture;
mod mariadb_held;
mod mariadb_hint;
mod mariadb_hints;
mod mariadb_odd;
mod mariadb_types;
mod parquet;
mod postgres;
mod postgres_check;
mod postgres_fixture;
mod postgres_held;
mod postgres_hints;
mod postgres_hostile;
mod postgres_keys;
mod postgres_limits;
mod postgres_replica;
mod postgres_types;
mod sqlite;
mod stalling;
mod target_deaths;
mod target_fixture;
mod target_once;
mod target_trouble;
mod target_types;
mod target_values;
