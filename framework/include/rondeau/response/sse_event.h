// SseEvent: one event of an event stream (WHATWG HTML §9.2, server-sent events).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/json/write.h>

namespace rondeau::response {

/// `SseEvent().event("price").id("17").data("4.20")`
///
/// Fields stand in the order of the calls. Text is UTF-8.
class SseEvent {
 public:
  /// What the page gets; each line of it goes on a line of its own, so that it arrives as it is, but for CR and CR LF,
  /// which arrive as LF.
  SseEvent& data(std::string_view text) & { return add("data: ", text), *this; }
  SseEvent&& data(std::string_view text) && { return std::move(data(text)); }
  /// The same as JSON. A value without JSON text (a NaN) makes the event faulty.
  template <class T>
  SseEvent& json(const T& value) & {
    auto text = rondeau::json::to_string(value);
    if (!text) return fail(std::move(text).error());
    return data(*text);
  }
  template <class T>
  SseEvent&& json(const T& value) && {
    return std::move(json(value));
  }
  /// The type that listeners ask for; "message" unless set. One with CR or LF makes the event faulty.
  SseEvent& event(std::string_view name) &;
  SseEvent&& event(std::string_view name) && { return std::move(event(name)); }
  /// What a client that comes again says in Last-Event-ID. One with CR, LF or NUL makes the event faulty.
  SseEvent& id(std::string_view id) &;
  SseEvent&& id(std::string_view text) && { return std::move(id(text)); }
  /// How long a client waits before it comes again.
  SseEvent& retry(std::chrono::milliseconds time) &;
  SseEvent&& retry(std::chrono::milliseconds time) && { return std::move(retry(time)); }
  /// For whoever reads the stream by eye; pages do not get it.
  SseEvent& comment(std::string_view text) & { return add(": ", text), *this; }
  SseEvent&& comment(std::string_view text) && { return std::move(comment(text)); }

  /// Why it cannot be sent; code Ok when it can.
  const Error& fault() const noexcept { return fault_; }
  /// As it goes over the wire. Errors: the fault.
  Result<std::string> encode() &&;

 private:
  void add(std::string_view field, std::string_view text);
  SseEvent& fail(Error error) { return fault_ = std::move(error), *this; }

  std::string lines_;
  Error fault_;
};

}  // namespace rondeau::response

namespace rondeau {
using response::SseEvent;
}  // namespace rondeau
