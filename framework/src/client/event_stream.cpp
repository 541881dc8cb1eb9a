#include <rondeau/client/event_stream.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include <rondeau/text/ascii.h>
#include <rondeau/text/utf8.h>

namespace rondeau::client {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Only digits are a number; one that is too long is as good as none.
std::optional<std::chrono::milliseconds> parse_milliseconds(std::string_view text) noexcept {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;  // 34 years
  if (text.empty()) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    if (!text::is_digit(c)) return std::nullopt;
    value = std::min(kMost, value * 10 + (c - '0'));
  }
  return std::chrono::milliseconds(value);
}

}  // namespace

Result<void> EventStreamParser::feed(std::string_view bytes) {
  if (!too_large_) {
    const Result<void> taken = take(bytes);
    if (taken) return taken;
    too_large_ = true;
    line_.clear();
    data_.clear();
  }
  return rondeau::Error(Errc::TooLarge, "event stream: a line or an event");
}

Result<void> EventStreamParser::take(std::string_view bytes) {
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    if (end > limits_.max_line - line_.size()) return Errc::TooLarge;
    line_ += bytes.substr(0, end);
    bytes.remove_prefix(end);
    if (bytes.empty()) break;
    after_cr_ = bytes.front() == '\r';
    bytes.remove_prefix(1);
    RONDEAU_TRY_VOID_PLAIN(end_line());
  }
  return {};
}

Result<void> EventStreamParser::end_line() {
  std::string line;
  if (text::is_utf8(line_)) {
    line.swap(line_);
  } else {
    text::append_utf8_lossy(line, line_);
  }
  line_.clear();
  std::string_view text = line;
  if (std::exchange(first_line_, false) && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (text.empty()) {
    dispatch();
    return {};
  }
  const std::size_t colon = std::min(text.find(':'), text.size());
  std::string_view value = text.substr(std::min(colon + 1, text.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  return read_field(text.substr(0, colon), value);
}

/// A comment is a field without a name.
Result<void> EventStreamParser::read_field(std::string_view name, std::string_view value) {
  if (name == "event") {
    type_ = value;
  } else if (name == "data") {
    if (value.size() + 1 > limits_.max_event - data_.size()) return Errc::TooLarge;
    data_.append(value).push_back('\n');
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    if (const auto time = parse_milliseconds(value)) retry_ = time;
  }
  return {};
}

void EventStreamParser::dispatch() {
  last_event_id_ = id_;
  if (!data_.empty()) {
    data_.pop_back();
    if (type_.empty()) type_ = "message";
    events_.push_back({std::move(type_), std::move(data_), last_event_id_});
  }
  type_.clear();
  data_.clear();
}

void EventStreamParser::begin_again() {
  line_.clear();
  type_.clear();
  data_.clear();
  id_ = last_event_id_;
  first_line_ = true;
  after_cr_ = false;
}

std::optional<ReceivedEvent> EventStreamParser::next() {
  if (events_.empty()) return std::nullopt;
  std::optional<ReceivedEvent> event(std::move(events_.front()));
  events_.pop_front();
  return event;
}

}  // namespace rondeau::client
