// Preconditions: If-Match and its kin, in the order of RFC 9110 §13.2.2.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <rondeau/http/entity_tag.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/method.h>
#include <rondeau/http/request_head.h>

namespace rondeau::http {

/// What is known of the state a resource is in now.
struct CurrentState {
  bool exists = true;  ///< there is something to name; false before a PUT that makes it
  std::optional<EntityTag> etag = std::nullopt;
  std::optional<std::chrono::sys_seconds> last_modified = std::nullopt;
};

enum class Precondition : std::uint8_t {
  Proceed,      ///< do what was asked
  NotModified,  ///< answer 304
  Failed,       ///< answer 412
};

/// Judges If-Match, else If-Unmodified-Since; then If-None-Match, else, for GET and HEAD, If-Modified-Since.
///
/// If-Match compares strongly, If-None-Match weakly. Dates that are none are ignored. A list of tags that is malformed
/// names nothing for sure: If-Match fails, If-None-Match is ignored for GET and HEAD and fails for other methods.
/// The clock tells the century of dates with two-digit years.
Precondition evaluate_preconditions(Method method, const RequestHeaders& headers, const CurrentState& current);

/// The conditions of a request, taken along: they outlive it.
class Conditions {
 public:
  /// None.
  Conditions() = default;
  Conditions(Method method, const RequestHeaders& headers);

  /// As evaluate_preconditions() does.
  Precondition judge(const CurrentState& current) const;
  /// Whether a change rests on a state that the client names: If-Match with tags, or an If-Unmodified-Since that judge()
  /// does not ignore. `If-Match: *` names whatever is there, so it does not count.
  bool names_state(const CurrentState& current) const;

 private:
  Method method_ = Method::Get;
  Headers fields_;
};

/// Whether a Range counts (RFC 9110 §13.1.5): no If-Range, or one that names the current state exactly – a strong tag,
/// or the time of the last change, at least a second ago.
bool if_range_holds(const RequestHeaders& headers, const CurrentState& current);

}  // namespace rondeau::http

namespace rondeau {
using http::Conditions;
}  // namespace rondeau
