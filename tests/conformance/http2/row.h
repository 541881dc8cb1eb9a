// Rows of HTTP/2: frames in, verdict out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/http2/frames.h"

namespace http2_test {

/// The streams of a row begin with 3: a good request stands before it on 1, another behind it on 99.
struct Row {
  std::string what;     ///< with the source of the rule
  std::string bytes;    ///< behind the preface, and the acknowledgement of the server's SETTINGS
  std::string verdict;  ///< "GOAWAY PROTOCOL_ERROR", "RST_STREAM 3 STREAM_CLOSED", "400" of stream 3, or nothing
  bool first = true;    ///< of the rows that differ by a byte or a word only
};

/// Frames that are wrong wherever they stand, and those that are to be passed over.
std::vector<Row> frame_rows();
/// Frames that are wrong for the state of their stream.
std::vector<Row> stream_rows();
/// Header blocks and bodies that are a request or none.
std::vector<Row> request_rows();
/// Fields that HPACK cannot be.
std::vector<Row> hpack_rows();

}  // namespace http2_test
