//! All integration tests in one binary: a theme is a module in `tests/all/`.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "all/action.rs"]
mod action;
#[path = "all/cards.rs"]
mod cards;
#[path = "all/catalogue.rs"]
mod catalogue;
#[path = "all/change.rs"]
mod change;
#[path = "all/command.rs"]
mod command;
#[path = "all/credentials.rs"]
mod credentials;
#[path = "all/endings.rs"]
mod endings;
#[path = "all/formats.rs"]
mod formats;
#[path = "all/hook.rs"]
mod hook;
#[path = "all/hostile.rs"]
mod hostile;
#[path = "all/house.rs"]
mod house;
#[path = "all/links.rs"]
mod links;
#[path = "all/models.rs"]
mod models;
#[path = "all/org.rs"]
mod org;
#[path = "all/pages.rs"]
mod pages;
#[path = "all/planted.rs"]
mod planted;
#[path = "all/policies.rs"]
mod policies;
#[path = "all/readers.rs"]
mod readers;
#[path = "all/readme.rs"]
mod readme;
#[path = "all/roles.rs"]
mod roles;
#[path = "all/same.rs"]
mod same;
#[path = "all/sarif.rs"]
mod sarif;
#[path = "all/trades.rs"]
mod trades;
#[path = "all/values.rs"]
mod values;
