#include "markers.h"

#include <optional>

namespace rondeau::tool {
namespace {

struct Line {
  std::size_t begin;
  std::size_t end;  ///< behind its line end
};

std::string_view without_space(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

bool is_marker(std::string_view line, std::string_view arrows, std::string_view place) {
  line = without_space(line);
  for (const std::string_view comment : {"// ", "# "}) {
    if (line == std::string(comment) + std::string(arrows) + " " + std::string(place)) return true;
  }
  return false;
}

/// Calls f(Line) for each.
void for_each_line(std::string_view text, auto f) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    const std::size_t next = end == std::string_view::npos ? text.size() : end + 1;
    f(Line{begin, next});
    begin = next;
  }
}

}  // namespace

Inserted insert_between(std::string& text, std::string_view place, std::string_view line) {
  std::optional<Line> opening, closing;
  int markers = 0;
  bool there = false;
  for_each_line(text, [&](Line at) {
    const std::string_view found = std::string_view(text).substr(at.begin, at.end - at.begin);
    if (is_marker(found, ">>>", place)) {
      ++markers;
      opening = at;
    } else if (is_marker(found, "<<<", place)) {
      ++markers;
      if (opening) closing = at;
    } else if (opening && !closing && without_space(found) == without_space(line)) {
      there = true;
    }
  });
  if (!closing || markers != 2) return Inserted::NoMarkers;
  if (there) return Inserted::AlreadyThere;
  const std::string_view below = std::string_view(text).substr(closing->begin);
  std::string whole(below.substr(0, below.find_first_not_of(" \t")));
  whole += line;
  whole += '\n';
  text.insert(closing->begin, whole);
  return Inserted::Yes;
}

}  // namespace rondeau::tool
