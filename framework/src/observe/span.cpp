#include <rondeau/observe/span.h>

#include <mutex>

#include <rondeau/base/wall_clock.h>

namespace rondeau::observe {
namespace {

constexpr std::uint8_t kSampled = 0x01;
constexpr std::size_t kMostAttributes = 128;  // as OpenTelemetry bounds them
constexpr std::size_t kLongestValue = 1024;   // bytes

std::mutex mutex;
std::shared_ptr<SpanSink>& place() {
  // Never destroyed: spans may end while the process does.
  static auto* sink = new std::shared_ptr<SpanSink>;
  return *sink;
}

std::shared_ptr<SpanSink> sink() {
  const std::lock_guard lock(mutex);
  return place();
}

std::int64_t now() noexcept {
  return base::wall_clock().time_since_epoch().count();
}

}  // namespace

void record_spans(std::shared_ptr<SpanSink> sink) {
  std::shared_ptr<SpanSink> before;  // ends without the lock
  const std::lock_guard lock(mutex);
  spans_recorded.store(sink != nullptr, std::memory_order_relaxed);
  before = std::exchange(place(), std::move(sink));
}

Span Span::begin(std::string_view name, SpanKind kind) {
  if (!spans_are_recorded()) return {};
  const TraceContext parent = Context::current().trace();
  if (!parent || (parent.flags & kSampled) == 0) return {};
  return with_ids(begin_span(parent), parent.span_id, name, kind);
}

Span Span::with_ids(const TraceContext& own, const SpanRecord::SpanId& parent, std::string_view name, SpanKind kind) {
  Span span;
  span.record_ = std::make_unique<SpanRecord>();
  SpanRecord& record = *span.record_;
  record.trace = own;
  record.parent = parent;
  record.name = name;
  record.kind = kind;
  record.began = now();
  return span;
}

void Span::set(std::string_view key, std::string_view value) {
  if (record_ == nullptr || record_->attributes.size() >= kMostAttributes) return;
  record_->attributes.emplace_back(key, std::string(value.substr(0, kLongestValue)));
}
void Span::set(std::string_view key, std::int64_t value) {
  if (record_ == nullptr || record_->attributes.size() >= kMostAttributes) return;
  record_->attributes.emplace_back(key, value);
}
void Span::set(std::string_view key, double value) {
  if (record_ == nullptr || record_->attributes.size() >= kMostAttributes) return;
  record_->attributes.emplace_back(key, value);
}
void Span::set(std::string_view key, bool value) {
  if (record_ == nullptr || record_->attributes.size() >= kMostAttributes) return;
  record_->attributes.emplace_back(key, value);
}

void Span::set_tracestate(std::string_view state) {
  if (record_ != nullptr) record_->tracestate = state;
}

void Span::fail(std::string_view error, std::string_view why) {
  if (record_ == nullptr) return;
  set("error.type", error);
  record_->failed = true;
  record_->why = why.substr(0, kLongestValue);
}

void Span::end() noexcept {
  if (record_ == nullptr) return;
  const std::unique_ptr<SpanRecord> record = std::move(record_);
  record->ended = now();
  if (const std::shared_ptr<SpanSink> to = sink()) to->put(std::move(*record));
}

}  // namespace rondeau::observe
