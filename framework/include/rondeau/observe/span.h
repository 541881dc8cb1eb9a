// Spans: pieces of work within a trace, for whoever collects them.
//
// Nobody records any unless record_spans() was told where they go; a Service does that where `trace.endpoint` is set.
// Until then a span costs one relaxed load.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <rondeau/observe/trace.h>
#include <rondeau/task/context.h>
#include <rondeau/task/task.h>

namespace rondeau::observe {

/// OpenTelemetry's numbers.
enum class SpanKind : std::uint8_t { Internal = 1, Server, Client, Producer, Consumer };

/// A span that has ended.
struct SpanRecord {
  using SpanId = std::array<std::byte, 8>;
  using Value = std::variant<std::int64_t, double, bool, std::string>;

  TraceContext trace;
  SpanId parent{};  ///< zeros: it has none
  std::string tracestate;
  std::string name;
  SpanKind kind = SpanKind::Internal;
  std::int64_t began = 0;  ///< nanoseconds since 1970
  std::int64_t ended = 0;
  std::vector<std::pair<std::string, Value>> attributes;
  bool failed = false;
  std::string why;  ///< it failed
};

/// Where spans go. Thread safety: put() is called by any thread, and must not wait.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  virtual void put(SpanRecord span) noexcept = 0;
};

/// From now on spans of sampled traces go there; null: nowhere. Any thread, any time.
void record_spans(std::shared_ptr<SpanSink> sink);

inline constinit std::atomic<bool> spans_recorded{false};  // by record_spans(); relaxed: a span more or less
inline bool spans_are_recorded() noexcept { return spans_recorded.load(std::memory_order_relaxed); }

/// A span that goes on; it ends with this, or by end(). Empty where it is not recorded: then everything does nothing.
///
/// Attributes have OpenTelemetry's names. Never a secret: they leave the process. Thread safety: one user at a time.
class Span {
 public:
  Span() noexcept = default;
  /// Below the present context's span. Empty where there is no trace, or one that is not sampled.
  static Span begin(std::string_view name, SpanKind kind = SpanKind::Internal);
  /// One whose ids are settled already.
  static Span with_ids(const TraceContext& own, const SpanRecord::SpanId& parent, std::string_view name, SpanKind kind);
  Span(Span&&) noexcept = default;
  Span& operator=(Span&& other) noexcept {
    if (this != &other) {
      end();
      record_ = std::move(other.record_);
    }
    return *this;
  }
  ~Span() { end(); }

  explicit operator bool() const noexcept { return record_ != nullptr; }
  /// For what is done within it: `with_context(Context::current().with_trace(span.trace()), …)`, or in_span(). All zero
  /// where it is empty.
  TraceContext trace() const noexcept { return record_ != nullptr ? record_->trace : TraceContext(); }

  void set(std::string_view key, std::string_view value);
  void set(std::string_view key, const char* value) { set(key, std::string_view(value)); }
  void set(std::string_view key, std::int64_t value);
  void set(std::string_view key, double value);
  void set(std::string_view key, bool value);
  void set_tracestate(std::string_view state);
  /// It came to no good end; `error` is set as `error.type`.
  void fail(std::string_view error, std::string_view why = {});
  /// Now, and not when this is destroyed.
  void end() noexcept;

 private:
  std::unique_ptr<SpanRecord> record_;
};

/// Runs the task as a span of that name, which what it awaits and spawns is below of. An exception makes it failed.
/// Cancellation: that of the task; the span ends.
template <class T>
Task<T> in_span(std::string name, Task<T> work) {
  Span span = Span::begin(name);
  if (!span) co_return co_await std::move(work);
  try {
    co_return co_await task::with_context(Context::current().with_trace(span.trace()), std::move(work));
  } catch (...) {
    span.fail("exception");
    throw;
  }
}

}  // namespace rondeau::observe
