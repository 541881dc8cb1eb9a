#include <rondeau/response/sse_event.h>

#include <algorithm>

namespace rondeau::response {
namespace {

/// Takes a line from the front, without its end. CR LF, LF and CR all end one.
std::string_view take_line(std::string_view& text, bool& more) noexcept {
  const std::size_t end = text.find_first_of("\r\n");
  more = end != std::string_view::npos;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(more ? end + (text.substr(end).starts_with("\r\n") ? 2 : 1) : text.size());
  return line;
}

}  // namespace

void SseEvent::add(std::string_view field, std::string_view text) {
  for (bool more = true; more;) {
    const std::string_view line = take_line(text, more);
    lines_.append(field).append(line).append("\n");
  }
}

SseEvent& SseEvent::event(std::string_view name) & {
  if (name.find_first_of("\r\n") != std::string_view::npos) {
    return fail(Error(Errc::InvalidArgument, "an event's type has a line break"));
  }
  return add("event: ", name), *this;
}

SseEvent& SseEvent::id(std::string_view id) & {
  if (id.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    return fail(Error(Errc::InvalidArgument, "an event's id has a line break or a NUL"));
  }
  return add("id: ", id), *this;
}

SseEvent& SseEvent::retry(std::chrono::milliseconds time) & {
  return add("retry: ", std::to_string(std::max<std::chrono::milliseconds::rep>(time.count(), 0))), *this;
}

Result<std::string> SseEvent::encode() && {
  if (fault_.code() != Errc::Ok) return std::move(fault_);
  lines_ += '\n';
  return std::move(lines_);
}

}  // namespace rondeau::response
