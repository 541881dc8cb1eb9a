// A pool of connections: never more than its size, none is lost, whoever waits gets one.
#include <memory>
#include <optional>

#include <doctest/doctest.h>

#include <rondeau/sync/semaphore.h>
#include <rondeau/task/join_set.h>

#include "calls.h"
#include "seeds.h"

namespace {

using namespace programs;
using rondeau::sync::Semaphore;

constexpr std::size_t kSize = 3;

class Pool {
 public:
  /// A connection of its own; an error where none can be made.
  Task<Result<Message>> ask(Message question) {
    RONDEAU_TRY(auto permit, co_await room_.acquire());
    const InUse counted(*this);
    std::optional<TcpStream> stream;
    if (!idle_.empty()) {
      stream = std::move(idle_.back());
      idle_.pop_back();
    } else {
      RONDEAU_TRY(stream, co_await TcpStream::connect("server", 9));
    }
    const Opened opened(*this);
    RONDEAU_TRY(const Message answer, co_await ask_on(*stream, question));
    idle_.push_back(*std::move(stream));
    co_return answer;
  }

  bool conserved() const { return room_.available_permits() + in_use_ <= kSize && in_use_ <= kSize; }
  bool bounded() const { return idle_.size() + opened_ <= kSize; }
  bool at_rest() const { return room_.available_permits() == kSize && in_use_ == 0; }

 private:
  struct InUse {
    explicit InUse(Pool& pool) : pool_(pool) { ++pool_.in_use_; }
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;
    ~InUse() { --pool_.in_use_; }
    Pool& pool_;
  };
  struct Opened {
    explicit Opened(Pool& pool) : pool_(pool) { ++pool_.opened_; }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;
    ~Opened() { --pool_.opened_; }
    Pool& pool_;
  };

  Semaphore room_{kSize};
  std::vector<TcpStream> idle_;
  std::size_t in_use_ = 0;
  std::size_t opened_ = 0;
};

Task<Message> square(Message question) {
  co_await rondeau::sleep_for(std::chrono::milliseconds(question.first % 5));
  co_return Message{.what = question.what, .first = question.first * question.first};
}

}  // namespace

TEST_CASE("TE4: sim: a pool of connections keeps its size and its permits, whatever is cancelled or reset") {
  run_seeds("pool", rough(), [](sim::Runtime& world) {
    auto pool = std::make_shared<std::optional<Pool>>();
    world.host("server", [] { return serve(9, square); });
    world.client("client", [pool]() -> Task<void> {
      pool->emplace();
      rondeau::JoinSet<void> users;
      for (std::uint64_t i = 0; i < 6; ++i) {
        users.spawn([pool, i]() -> Task<void> {
          for (std::uint64_t done = 0; done < 4;) {
            const Message question{.first = i * 10 + done};
            const auto answer = co_await rondeau::timeout(300ms, (*pool)->ask(question));
            if (!answer) continue;
            if (answer->first != question.first * question.first) throw std::runtime_error("a wrong answer");
            ++done;
          }
        });
      }
      while (auto ended = co_await users.join_next()) {
        if (!*ended) (*ended).error().rethrow();
      }
      if (!(*pool)->at_rest()) throw std::runtime_error("the pool has lost permits");
      pool->reset();
    });
    world.client("trouble", [&world] { return trouble(&world, {"server", "server"}, 3); });
    world.always("permits are conserved", [pool] { return !*pool || (*pool)->conserved(); });
    world.always("the pool keeps its size", [pool] { return !*pool || (*pool)->bounded(); });
  });
}
