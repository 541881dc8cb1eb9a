#include "testing/asking.h"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace rondeau::testing {
namespace {

/// At a time: a service may have more to say than anybody wants to hear.
constexpr std::size_t kPiece = 256 * 1024;

}  // namespace

Asking::Asking(TestApp& app, http::Method method, std::string name, std::string request)
    : app_(app), method_(method), name_(std::move(name)), request_(std::move(request)), wire_(app.connect()) {}

const TestResponse* Asking::look() {
  // Who takes no more has answered, as a rule, and that is still to be read.
  if (!wire_.send_some(unsent_)) unsent_ = {};
  reader_.feed(wire_.received(kPiece));
  ended_ = wire_.closed();
  return reader_.begun(method_, ended_);
}

bool Asking::wait_until(Instant end) {
  const Duration patience = end.saturating_since(app_.now());
  if (patience == Duration::zero()) return false;
  if (wire_.has_received()) return true;  // it came while we looked, from another thread
  return unsent_.empty() ? app_.wait_for(wire_, patience) : app_.wait_for_room(wire_, patience);
}

void Asking::fail_as_cut() const {
  throw std::runtime_error("TestApp: the connection ended before the answer to " + name_ + " was complete");
}

std::string in_seconds(Duration span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(span).count()) + " s";
}

}  // namespace rondeau::testing
