// Places in a file where `rondeau add` puts lines: between `// >>> routes` and `// <<< routes`, or `# >>> …`.
#pragma once

#include <string>
#include <string_view>

#include "outcome.h"

namespace rondeau::tool {

enum class Inserted : std::uint8_t {
  Yes,
  AlreadyThere,  ///< the line stands between the markers
  NoMarkers,     ///< or one without the other, or twice: nothing is guessed
};

/// Puts `line` before the closing marker, indented as that is. `text` changes only where it was inserted.
Inserted insert_between(std::string& text, std::string_view place, std::string_view line);

}  // namespace rondeau::tool
