// Reads tables of exchanges: what a client sends and when, and what it gets. The format stands in
// tests/conformance/exchanges/README.md.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rondeau::testing {

/// What comes next.
struct ExpectedAnswer {
  enum class End {
    Interim,   ///< 1xx, and another answer will follow
    Kept,      ///< the connection stays
    Closed,    ///< the answer says that the connection ends, and it does
    Cut,       ///< the connection ends in the middle of the answer
    Upgraded,  ///< 101; all behind it is the new protocol's
    Open,      ///< nothing came, and the connection is open
    Ended,     ///< nothing came, and the connection is at its end
  };
  End end = End::Kept;
  int status = 0;
  bool to_head = false;  ///< the request was a HEAD
  std::string reason;    ///< which the problem names
  std::optional<std::string> body;
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> absent;

  std::string describe() const;
};

/// One thing the client does, and what it gets for it.
struct ExchangeTurn {
  enum class Kind { Send, Wait, Finish };
  Kind kind = Kind::Send;
  std::string bytes;
  std::chrono::milliseconds time{0};
  std::vector<ExpectedAnswer> expected;
};

struct Exchange {
  std::string name;
  std::string place;   ///< file and line
  bool first = true;   ///< of the cases that differ by their word only
  bool whole = false;  ///< how it is cut makes a difference: it is not cut
  bool part = false;   ///< of a request: bytes behind it would be its body
  bool alone = false;  ///< what stands in front makes a difference
  std::vector<ExchangeTurn> turns;
};

/// As read_wire_tables().
std::vector<Exchange> read_exchange_tables(const std::string& folder);

}  // namespace rondeau::testing
