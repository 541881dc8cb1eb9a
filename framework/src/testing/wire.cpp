#include <rondeau/testing/wire.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include <rondeau/testing/test_app.h>

namespace rondeau::testing {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

}  // namespace

bool Wire::send(std::string_view bytes) {
  const bool took_all = send_some(bytes) && bytes.empty();
  if (!took_all) stream_->forget_write();
  return took_all;
}

bool Wire::send_some(std::string_view& bytes) {
  bool takes = true;
  for (int stuck = 0; !bytes.empty() && stuck < 2;) {
    const auto count = stream_->try_write(std::as_bytes(std::span(bytes)));
    if (count) bytes.remove_prefix(*count);
    takes = count || count.error() == Errc::WouldBlock;
    if (!takes) break;
    stuck = count ? 0 : stuck + 1;
    app_->settle();
    collect(kAll);
  }
  app_->settle();
  return takes;
}

bool Wire::send_all(std::string_view bytes, Duration patience) {
  const Instant end = app_->now() + patience;
  while (send_some(bytes)) {
    if (bytes.empty()) return true;
    const Duration left = end.saturating_since(app_->now());
    if (left == Duration::zero() || !app_->wait_for_room(*this, left)) break;
  }
  stream_->forget_write();
  return false;
}

void Wire::finish() {
  static_cast<void>(stream_->try_shutdown(io::How::Write));
  app_->settle();
}

void Wire::collect(std::size_t most) {
  std::array<std::byte, 16 * 1024> buffer;
  for (std::size_t before = received_.size(); received_.size() - before < most && !ended_;) {
    const std::size_t room = std::min(buffer.size(), most - (received_.size() - before));
    const auto count = stream_->try_read(std::span(buffer).first(room));
    if (!count) {
      if (count.error() == Errc::WouldBlock) return;
      ended_ = true;
    } else if (*count == 0) {
      ended_ = true;
    } else {
      received_.append(reinterpret_cast<const char*>(buffer.data()), *count);
    }
  }
}

std::string Wire::received() {
  app_->settle();
  for (;;) {
    const std::size_t before = received_.size();
    collect(kAll);
    if (ended_ || received_.size() == before) break;
    app_->settle();
  }
  return std::exchange(received_, {});
}

std::string Wire::received(std::size_t most) {
  app_->settle();
  if (received_.size() < most) collect(most - received_.size());
  std::string taken = received_.substr(0, most);
  received_.erase(0, taken.size());
  return taken;
}

bool Wire::closed() {
  app_->settle();
  if (received_.empty()) collect(kAll);
  return ended_ && received_.empty();
}

}  // namespace rondeau::testing
