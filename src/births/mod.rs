//! Births: until birth the pregnant woman is the registered person, and the record is hers. Then the child gets a record of its own.
//!
//! The contact person records the birth, as agreed with her. The child is registered with her as its guardian, and its case opens with the
//! same contact person and a next step. Nothing of her record follows: she brings what she chooses (`records`).

mod dto;
mod routes;

pub use routes::configure;
