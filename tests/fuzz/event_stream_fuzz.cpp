// Event streams: however they are cut, the same events come out, and they are text within the limits.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <rondeau/client/event_stream.h>
#include <rondeau/text/utf8.h>

using namespace rondeau;
using client::EventStreamParser;
using client::ReceivedEvent;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

constexpr client::EventStreamLimits kLimits{.max_line = 40, .max_event = 60};

struct Played {
  std::vector<ReceivedEvent> events;
  std::string last_event_id;
  bool too_large = false;

  bool operator==(const Played&) const = default;
};

Played play(std::string_view input, std::size_t piece) {
  EventStreamParser parser(kLimits);
  Played played;
  while (!input.empty() && !played.too_large) {
    played.too_large = !parser.feed(input.substr(0, piece)).has_value();
    input.remove_prefix(std::min(piece, input.size()));
    while (auto event = parser.next()) played.events.push_back(*std::move(event));
  }
  played.last_event_id = parser.last_event_id();
  return played;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Played whole = play(input, size + 1);
  for (const std::size_t piece : {1U, 2U, 7U}) require(play(input, piece) == whole);
  for (const ReceivedEvent& event : whole.events) {
    require(!event.type.empty() && text::is_utf8(event.type) && event.type.find_first_of("\r\n") == std::string::npos);
    // U+FFFD has three bytes and may stand for one.
    require(text::is_utf8(event.data) && event.data.size() < kLimits.max_event);
    require(text::is_utf8(event.last_event_id) && event.last_event_id.find('\0') == std::string::npos);
  }
  return 0;
}
