//! Traces, sent to a collector by OTLP (HTTP, protobuf). A trace has a span for the request, for its decision and for each
//! statement. Spans have the name of the operation, the status, the random id of the request and the place in the code.

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, error::OTelSdkError, trace::SdkTracerProvider};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

/// The traces cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The address of the collector cannot be used.
    #[error("the trace collector cannot be used: {0}")]
    Collector(#[from] ExporterBuildError),
    /// The last traces were not sent.
    #[error("the last traces were not sent: {0}")]
    Unsent(#[from] OTelSdkError),
}

/// Sends traces to a collector.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends traces to the collector at this address, such as `http://127.0.0.1:4318/v1/traces`.
    ///
    /// # Errors
    /// If the address cannot be used.
    pub fn to(collector: &str) -> Result<Self, TraceError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(collector)
            .build()?;
        let resource = Resource::builder_empty().with_service_name("stafett").build();
        Ok(Self(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build()))
    }

    /// The layer that turns spans into traces.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let tracer = self.0.tracer("stafett");
        tracing_opentelemetry::layer().with_tracer(tracer).with_threads(false).with_filter(filter_fn(is_sent))
    }

    /// Sends the last traces.
    ///
    /// # Errors
    /// If the collector does not take them.
    pub fn finish(&self) -> Result<(), TraceError> {
        Ok(self.0.shutdown()?)
    }
}

/// Only our own spans, and no events: an event can quote an error of the database.
fn is_sent(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target().starts_with("stafett")
}
