package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// lastSpans is how long the last spans may take to be sent when the process ends.
const lastSpans = 5 * time.Second

// traced says whether OpenTelemetry's standard variables ask for traces, which this version sends by OTLP over http.
func (f *faults) traced(getenv func(string) string) bool {
	first := func(names ...string) string {
		for _, name := range names {
			if value := getenv(name); value != "" {
				return value
			}
		}
		return ""
	}
	endpoint := first("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
	exporter := getenv("OTEL_TRACES_EXPORTER")
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || exporter == "none" || exporter == "" && endpoint == "" {
		return false
	}
	if exporter != "" && exporter != "otlp" {
		f.add("OTEL_TRACES_EXPORTER=%s is not supported: set it to otlp or none, or unset it", exporter)
	}
	if protocol := first("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"); protocol != "" && protocol != "http/protobuf" {
		f.add("OTEL_EXPORTER_OTLP_PROTOCOL=%s is not supported: set it to http/protobuf, and the endpoint to the collector's port for it (4318)", protocol)
	}
	return true
}

// startTracing sends spans to where OpenTelemetry's variables say, until stop is called.
func startTracing(ctx context.Context, log *slog.Logger) (tracer trace.Tracer, stop func(), err error) {
	exporter, err := otlptracehttp.New(ctx) // endpoint, headers, certificates, time-out: all from the environment
	if err != nil {
		return nil, nil, fmt.Errorf("sending traces: %w: check OTEL_EXPORTER_OTLP_ENDPOINT", err)
	}
	of, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "bucketlake"), attribute.String("service.version", version)),
		resource.WithFromEnv()) // what OTEL_SERVICE_NAME says stands
	if err != nil {
		return nil, nil, fmt.Errorf("sending traces: %w: check OTEL_RESOURCE_ATTRIBUTES", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("sending traces", "error", err) }))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(of))
	return provider.Tracer("bucketlake"), func() {
		ctx, cancel := context.WithTimeout(context.Background(), lastSpans)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			log.Warn("sending the last traces", "error", err)
		}
	}, nil
}

// untraced makes spans of nothing.
func untraced() trace.Tracer { return noop.NewTracerProvider().Tracer("bucketlake") }

// end ends a span, with what came of it.
func end(span trace.Span, err error, attributes ...attribute.KeyValue) {
	span.SetAttributes(attributes...)
	if err != nil {
		span.RecordError(err)
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

// spans makes a span of each attempt at a request. Neither its query nor its headers are told, and Bitbucket is told of
// no trace.
type spans struct {
	tracer trace.Tracer
	next   http.RoundTripper
}

func (s spans) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, span := s.tracer.Start(r.Context(), r.Method, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("http.request.method", r.Method), attribute.String("server.address", r.URL.Hostname()), attribute.String("url.path", r.URL.Path)))
	next := s.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		end(span, err, attribute.String("error.type", "transport"))
		return nil, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", resp.StatusCode))
	if resp.StatusCode >= http.StatusBadRequest {
		span.SetStatus(codes.Error, resp.Status)
	}
	span.End()
	return resp, nil
}
