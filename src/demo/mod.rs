pub async fn run(_: DemoArgs)->Result<u8,crate::cli::Failure>{Ok(0)} 
use clap::Args; #[derive(Debug,Args)] pub struct DemoArgs{}
