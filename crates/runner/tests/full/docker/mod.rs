//! Containers with the image of `docs/Dockerfile`, and flow runs that Prefect's docker worker starts in them.

mod alone;
mod container;
mod deployed;
mod disturbed;
mod flow_run;
mod gate;
mod shop;
mod worker;
