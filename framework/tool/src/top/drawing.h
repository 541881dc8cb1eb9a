// What `rondeau top` shows: a picture as lines of a screen, as plain text, as JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "top/picture.h"

namespace rondeau::tool::top {

struct Size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};
struct Caption {
  std::string address;
  std::string trouble = {};  ///< why there is no newer picture; empty: this is the newest
  Order order = Order::Busy;
};

/// At most so many lines of at most so many columns where there is a size: the longest tables are cut first. Else all
/// of it, but for the 20 first rows of each table. Printable ASCII, whatever the service says.
std::vector<std::string> draw(Picture picture, const Caption& caption, std::optional<Size> size);

/// One object, on one line; see Picture for its members.
std::string to_json(const Picture& picture);

/// "12.5 ms", "3.20 s", "4 min 3 s", "2 h 5 min".
std::string human_seconds(double seconds);

}  // namespace rondeau::tool::top
