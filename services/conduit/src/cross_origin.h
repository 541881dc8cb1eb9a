// CrossOrigin: which pages may use the API, as the RealWorld specification has it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rondeau/rondeau.h>

namespace conduit {

/// Answers OPTIONS on every path by 204 with what is allowed, and lets pages of every origin read all answers, errors
/// too; unlike the framework's Cors it says so to clients that send no Origin as well. With origins of its own it
/// is that, and answers say `Vary: Origin`.
///
/// Errors (of build()): InvalidArgument naming an origin that no browser sends.
class CrossOrigin {
 public:
  static constexpr rondeau::Slot kSlot = rondeau::Slot::Cors;
  static constexpr bool kAfterCaught = true;
  static constexpr bool kRoutersOnly = true;

  /// `origins` empty: all.
  explicit CrossOrigin(const std::vector<std::string>& origins);

  rondeau::Result<void> check() const;
  std::optional<rondeau::Response> before(rondeau::Request& request) const;
  void after(const rondeau::Request& request, rondeau::Response& response) const;

 private:
  std::optional<rondeau::Cors> narrowed_;
};

/// Says that JSON is UTF-8: `application/json; charset=utf-8`, as the specification writes it.
struct JsonInUtf8 {
  static constexpr rondeau::Slot kSlot = rondeau::Slot::RequestId;  // outside of all that answers
  void after(const rondeau::Request& request, rondeau::Response& response) const;
};

}  // namespace conduit
