// Reads tables of wire cases: bytes in, verdict out. The format stands in tests/conformance/http1/README.md.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/table_lines.h"

namespace rondeau::testing {

/// What the peer is told about one request.
struct WireVerdict {
  int status = 0;  ///< 0: nobody is answered, the stream ended inside a message
  bool kept = false;
  std::string reason;                 ///< of an answer that is not 200
  std::optional<std::string> body;    ///< of the request, decoded
  std::optional<std::size_t> length;  ///< of the request's body, where the text would be long
  std::optional<std::string> target;

  /// "400 closed bare-lf", "200 kept body=…".
  std::string describe() const;
};

struct WireCase {
  std::string name;
  std::string place;  ///< file and line
  bool first = true;  ///< of the cases that differ by their word only
  std::string input;
  std::vector<WireVerdict> verdicts;
};

/// All cases of all `.txt` files in a folder, files in order of their names. Throws std::runtime_error with file and
/// line for a table that is not well formed.
std::vector<WireCase> read_wire_tables(const std::string& folder);

}  // namespace rondeau::testing
