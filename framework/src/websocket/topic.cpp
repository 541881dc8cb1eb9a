#include <rondeau/websocket/topic.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace rondeau::websocket {

class Audience {
 public:
  explicit Audience(SlowReader slow) noexcept : slow_(slow) {}

  std::uint64_t add(const WriterHandle& writer) {
    const std::lock_guard lock(mutex_);
    members_.push_back({writer, ++last_id_});
    return last_id_;
  }

  void remove(std::uint64_t id) noexcept {
    std::optional<Member> leaves;  // let go without the lock
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(members_, id, &Member::id);
    if (found == members_.end()) return;
    leaves.emplace(std::move(*found));
    // Who is sent to first does not matter.
    if (found + 1 != members_.end()) *found = std::move(members_.back());
    members_.pop_back();
  }

  std::size_t send(const Message& message) {
    const std::lock_guard lock(mutex_);
    std::size_t sent = 0;
    for (Member& member : members_) {
      const Result<void> result = member.writer.try_send_message(message);
      sent += result.has_value();
      if (!result && result.error() == Errc::WouldBlock && slow_ == SlowReader::Dropped) {
        member.writer.begin_close(CloseCode::TryAgainLater, "too far behind");
      }
    }
    return sent;
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return members_.size();
  }

 private:
  struct Member {
    WriterHandle writer;
    std::uint64_t id;
  };

  const SlowReader slow_;
  mutable std::mutex mutex_;  // guards all below; the sessions' come behind it
  std::vector<Member> members_;
  std::uint64_t last_id_ = 0;
};

Subscription::~Subscription() {
  if (audience_ != nullptr) audience_->remove(id_);
}

std::shared_ptr<Audience> make_audience(SlowReader slow) {
  return std::make_shared<Audience>(slow);
}
Subscription subscribe_to(const std::shared_ptr<Audience>& audience, const WriterHandle& writer) {
  return {audience, audience->add(writer)};
}
std::size_t publish_to(Audience& audience, const Message& message) {
  return audience.send(message);
}
std::size_t size_of(const Audience& audience) {
  return audience.size();
}

}  // namespace rondeau::websocket
