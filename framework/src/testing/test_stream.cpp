#include <rondeau/testing/test_stream.h>

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include "testing/asking.h"

namespace rondeau::testing {

struct TestStream::Inside {
  template <class... A>
  explicit Inside(A&&... arguments) : asking(std::forward<A>(arguments)...) {}

  /// Empty: the body is over.
  std::optional<std::string> more(Instant end, std::string_view wanted) {
    for (;;) {
      answer = asking.look();
      std::string piece = asking.take_body();
      if (!piece.empty()) return piece;
      if (asking.is_cut()) asking.fail_as_cut();
      if (asking.is_complete()) return std::nullopt;
      if (!asking.wait_until(end)) {
        throw std::runtime_error("TestStream: no " + std::string(wanted) + " of " + asking.name() + " came in time");
      }
    }
  }
  std::optional<std::string> line(Instant end, std::string_view wanted) {
    for (std::size_t looked_at = 0;;) {
      const std::size_t at = unread.find('\n', looked_at);
      if (at != std::string::npos) {
        std::string line = unread.substr(0, at);
        unread.erase(0, at + 1);
        if (line.ends_with('\r')) line.pop_back();
        return line;
      }
      looked_at = unread.size();
      auto piece = more(end, wanted);
      if (!piece) return unread.empty() ? std::nullopt : std::optional(std::exchange(unread, {}));
      unread += *piece;
    }
  }
  void take_retry(std::string_view value) {
    std::uint32_t milliseconds = 0;
    const char* const end = value.data() + value.size();
    const auto [behind, error] = std::from_chars(value.data(), end, milliseconds);
    if (error == std::errc() && behind == end) retry = std::chrono::milliseconds(milliseconds);
  }

  Asking asking;
  const TestResponse* answer = nullptr;
  std::string unread;  ///< of the body, by line()
  std::string last_id;
  std::optional<std::chrono::milliseconds> retry;
};

TestStream::TestStream(std::unique_ptr<Inside> inside) noexcept : inside_(std::move(inside)) {}
TestStream::TestStream(TestStream&&) noexcept = default;
TestStream& TestStream::operator=(TestStream&&) noexcept = default;
TestStream::~TestStream() = default;

http::StatusCode TestStream::status() const noexcept {
  return inside_->answer->status();
}
const http::Headers& TestStream::headers() const noexcept {
  return inside_->answer->headers();
}
const http::Headers& TestStream::trailers() const noexcept {
  return inside_->answer->trailers();
}
std::optional<std::chrono::milliseconds> TestStream::retry() const noexcept {
  return inside_->retry;
}
Wire& TestStream::wire() noexcept {
  return inside_->asking.wire();
}

std::optional<std::string> TestStream::recv(Duration patience) {
  if (!inside_->unread.empty()) return std::exchange(inside_->unread, {});
  return inside_->more(inside_->asking.app().now() + patience, "more");
}

std::optional<std::string> TestStream::line(Duration patience) {
  return inside_->line(inside_->asking.app().now() + patience, "line");
}

std::optional<TestEvent> TestStream::event(Duration patience) {
  const Instant end = inside_->asking.app().now() + patience;
  TestEvent event;
  bool has_data = false;
  while (const auto line = inside_->line(end, "event")) {
    if (line->empty()) {
      if (has_data) {
        event.data.pop_back();
        event.id = inside_->last_id;
        return event;
      }
      event = {};
      continue;
    }
    const std::size_t colon = line->find(':');
    const std::string_view field = std::string_view(*line).substr(0, colon);
    std::string_view value = colon == std::string::npos ? std::string_view() : std::string_view(*line).substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "data") {
      event.data.append(value).append("\n");
      has_data = true;
    } else if (field == "event") {
      event.event = value.empty() ? "message" : std::string(value);
    } else if (field == "id" && value.find('\0') == std::string_view::npos) {
      inside_->last_id = value;
    } else if (field == "retry") {
      inside_->take_retry(value);
    }
  }
  return std::nullopt;
}

TestStream TestRequest::stream(Duration patience) {
  auto inside = std::make_unique<TestStream::Inside>(app_, asked_.method, name(), message());
  Asking& asking = inside->asking;
  const Instant end = app_.now() + patience;
  while ((inside->answer = asking.look()) == nullptr) {
    if (asking.is_cut()) asking.fail_as_cut();
    if (!asking.wait_until(end)) throw std::runtime_error("TestApp: no answer to " + name() + " in " + in_seconds(patience));
  }
  return TestStream(std::move(inside));
}

}  // namespace rondeau::testing
