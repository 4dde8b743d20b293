//! The whole service, over HTTP, on both engines. How to write and run these tests: `tests/README.md`.

mod architecture;
mod support;

mod contract;
mod garbage;
mod schema;
mod stories;
