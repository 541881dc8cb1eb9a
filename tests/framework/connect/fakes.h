// A manager of connections that are made of memory, and does what a test tells it to.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/connect/pool.h>
#include <rondeau/io/any_stream.h>
#include <rondeau/io/duplex.h>
#include <rondeau/time/sleep.h>

namespace fakes {

using namespace rondeau;

/// Counts itself, and holds what the other side may write to.
struct Connection {
  Connection(int number, io::DuplexStream near, std::shared_ptr<std::atomic<int>> count)
      : id(number), stream(std::make_unique<io::DuplexStream>(std::move(near))), living(std::move(count)) {
    ++*living;
  }
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) = delete;
  ~Connection() {
    if (living != nullptr) --*living;
  }

  int id;
  std::unique_ptr<io::DuplexStream> stream;
  std::shared_ptr<std::atomic<int>> living;
  connect::Recycle on_release = connect::Recycle::Keep;
};

struct Refused {
  std::string reason;
  bool worth_retrying = true;
  std::string message() const { return reason; }
};

class Manager final : public connect::Manager<Connection, Refused> {
 public:
  task::Task<Result<Connection, Refused>> connect() override {
    ++dials;
    const std::size_t now = ++dialling;
    for (std::size_t most = most_dialling; now > most && !most_dialling.compare_exchange_weak(most, now);) {
    }
    const Leaving leaving{dialling};
    if (dial_time > Duration::zero()) co_await sleep_for(dial_time);
    if (auto refusal = next_refusal()) co_return Unexpected{*std::move(refusal)};
    auto [near, far] = io::duplex(64);
    const int id = next_id++;
    {
      const std::lock_guard lock(mutex);
      peers.resize(static_cast<std::size_t>(id));
      peers.push_back(std::make_unique<io::DuplexStream>(std::move(far)));
    }
    co_return Connection(id, std::move(near), living);
  }
  bool is_worth_retrying(const Refused& error) const noexcept override { return error.worth_retrying; }
  connect::Recycle on_release(Connection& connection) noexcept override { return connection.on_release; }
  task::Task<bool> recycle(Connection&) override {
    ++recycled;
    if (recycle_time > Duration::zero()) co_await sleep_for(recycle_time);
    co_return recycle_fits;
  }
  io::Reader* reader(Connection& connection) noexcept override { return connection.stream.get(); }
  /// "." is a notice that means nothing; anything else is too much.
  bool on_idle_readable(Connection& connection) noexcept override {
    ++heard;
    for (;;) {
      std::array<std::byte, 16> room;
      const auto count = connection.stream->try_read(room);
      if (!count) return count.error() == Errc::WouldBlock;
      if (*count == 0) return false;
      for (std::size_t i = 0; i < *count; ++i) {
        if (room[i] != std::byte{'.'}) return false;
      }
    }
  }

  /// The other end of a connection.
  io::DuplexStream& peer(int id) { return *peers.at(static_cast<std::size_t>(id)); }
  void cut(int id) { peers.at(static_cast<std::size_t>(id)).reset(); }
  void refuse(Refused refusal, int times = 1) {
    const std::lock_guard lock(mutex);
    for (int i = 0; i < times; ++i) refusals.push_back(refusal);
  }

  std::size_t refusals_left() {
    const std::lock_guard lock(mutex);
    return refusals.size();
  }

  Duration dial_time{};
  Duration recycle_time{};
  bool recycle_fits = true;
  std::atomic<int> dials{0};
  std::atomic<std::size_t> dialling{0};
  std::atomic<std::size_t> most_dialling{0};
  std::atomic<int> recycled{0};
  std::atomic<int> heard{0};
  std::shared_ptr<std::atomic<int>> living = std::make_shared<std::atomic<int>>(0);

 private:
  struct Leaving {
    std::atomic<std::size_t>& count;
    ~Leaving() { --count; }
  };
  std::optional<Refused> next_refusal() {
    const std::lock_guard lock(mutex);
    if (refusals.empty()) return std::nullopt;
    std::optional<Refused> first(std::move(refusals.front()));
    refusals.pop_front();
    return first;
  }

  std::mutex mutex;
  std::deque<Refused> refusals;
  std::atomic<int> next_id{0};
  std::vector<std::unique_ptr<io::DuplexStream>> peers;
};

using Pool = connect::Pool<Connection, Refused>;

}  // namespace fakes
