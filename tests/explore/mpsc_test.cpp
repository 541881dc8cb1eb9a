// The real channel with blocks of 2: its list, permits, wakes. Senders and receiver are harnesses, written after
// sync/mpsc*.h; the channel's memory outlives them, as the shared_ptr of the product's makes it do.
#include <doctest/doctest.h>

#include <rondeau/detail/channel.h>

#include <deque>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "explore/await.h"
#include "support/model.h"
#include "sync/crowd_inl.h"
#include "sync/permits_inl.h"

using explored::Parcel;
using explored::parcel;
using support::model::find_fault;
using support::model::Limits;
using support::model::LoadForNoChangeAtomics;
using support::model::ModelAtomics;
using support::model::RelaxedAtomics;
using support::model::require;
using support::model::Self;
using support::model::Thread;

namespace {

template <class Atomics>
using BoundedRoom = rondeau::detail::BasicBoundedRoom<Atomics>;
using rondeau::detail::UnboundedRoom;

template <class Room, class Atomics = ModelAtomics>
class Channel {
  static constexpr bool kBounded = !std::is_same_v<Room, UnboundedRoom>;

 public:
  template <class... Args>
  explicit Channel(Args... args) : inner_(args...) {}

  // ---- senders

  void add_sender() { inner_.add_sender(); }
  void drop_sender() { inner_.drop_sender(); }
  bool send(int content) {
    Parcel message = parcel(content);
    if constexpr (kBounded) {
      if (!reserve()) return false;
      static_cast<void>(inner_.push(message));
      return true;
    } else {
      return inner_.push(message);
    }
  }
  bool try_send(int content) {
    Parcel message = parcel(content);
    if (inner_.room.permits.try_take(1) != rondeau::detail::BasicPermits<Atomics>::Take::Taken) return false;
    static_cast<void>(inner_.push(message));
    return true;
  }
  /// Waits for room and does not use it.
  void reserve_in_vain() {
    if (reserve()) give_back();
  }
  void wait_closed() {
    Self self;
    rondeau::detail::BasicWaitNode<Atomics> node;
    auto& event = inner_.closed_event();
    const auto over = [&] { return event.happened(); };
    const auto join = [&](auto wake) { return event.crowd().join(node, wake, over); };
    explored::await(self, over, join, [&] { return over() || !join(self.wake()); });
    if (!node.idle()) event.crowd().leave(node);
  }

  // ---- the receiver

  /// What came, or 0 at the end.
  int receive() {
    Self self;
    const auto decided = [&] { return inner_.decided(); };
    const auto enqueue = [&](auto wake) {
      inner_.receiver_waits().set(wake);
      return !decided();
    };
    explored::await(self, decided, enqueue, [&] { return decided() || !enqueue(self.wake()); });
    inner_.receiver_waits().clear();
    return pop();
  }
  /// What came, 0 at the end, -1 where there is nothing now.
  int try_receive() {
    if (!inner_.has_next()) {
      const bool ended = inner_.ended();
      if (!inner_.has_next()) return ended ? 0 : -1;
    }
    return pop();
  }
  void close() { inner_.close(); }
  void end_receiver() { inner_.end_receiver(); }
  std::size_t size() const { return inner_.size(); }

 private:
  bool reserve() {
    Self self;
    rondeau::detail::BasicPermitWaiter<Atomics> waiter(1);
    auto& permits = inner_.room.permits;
    switch (permits.try_take(1)) {
      case rondeau::detail::BasicPermits<Atomics>::Take::Taken: return true;
      case rondeau::detail::BasicPermits<Atomics>::Take::Closed: return false;
      case rondeau::detail::BasicPermits<Atomics>::Take::Short: break;
    }
    explored::await(
        self, [] { return false; }, [&](auto wake) { return permits.enqueue(waiter, wake); },
        [&] { return waiter.chosen(); });
    require(waiter.chosen(), "woken without permits");
    waiter.set(rondeau::detail::BasicPermitWaiter<Atomics>::Idle);
    return !waiter.closed;
  }
  void give_back() {
    inner_.room.permits.give(1);
    if (inner_.room.drained()) inner_.tell_receiver();
  }
  int pop() {
    const std::optional<Parcel> message = inner_.pop();
    return message ? static_cast<int>(**message) : 0;
  }

  rondeau::detail::Channel<Parcel, Room, Atomics, 2> inner_;
};

using Bounded = Channel<BoundedRoom<ModelAtomics>>;
using Unbounded = Channel<UnboundedRoom>;

/// Two senders, `each` messages from both; everything arrives, in the order of its sender, then the end is seen.
template <class C>
void all_arrive(C& channel, int each) {
  channel.add_sender();
  const auto send = [&channel, each](int from) {
    return [&channel, each, from] {
      for (int i = 1; i <= each; ++i) require(channel.send(10 * from + i), "a send failed");
      channel.drop_sender();
    };
  };
  const Thread first(send(1));
  const Thread second(send(2));
  int next[] = {0, 11, 21};
  for (int count = 0;; ++count) {
    const int got = channel.receive();
    if (got == 0) {
      require(count == 2 * each, "messages were lost");
      break;
    }
    require(got == next[got / 10]++, "messages of one sender are out of order");
  }
  channel.end_receiver();
}

/// Two senders, of which one receiver takes a message and goes.
template <class C>
void closing_rx(C& channel) {
  channel.add_sender();
  const auto send = [&] {
    channel.send(1);
    channel.send(2);
    channel.drop_sender();
  };
  const Thread first(send);
  const Thread second(send);
  static_cast<void>(channel.try_receive());
  channel.end_receiver();
}

/// The list alone, with a block for each message: two senders, and a receiver that frees what is behind it.
template <class Atomics>
void blocks_of_one() {
  rondeau::detail::BlockList<Parcel, 1, Atomics> list;
  const auto send = [&list](int count) {
    return [&list, count] {
      for (int i = 1; i <= count; ++i) {
        Parcel message = parcel(i);
        require(list.push(message), "a send failed");
      }
    };
  };
  const Thread first(send(2));
  const Thread second(send(2));
  const Thread receiver([&list] {
    while (list.has_next()) list.take([](Parcel&& message) { require(*message > 0, "no message"); });
  });
}

constexpr Limits kLimits{.preemptions = 2, .runs = 400'000};

}  // namespace

TEST_CASE("explore: mpsc: everything arrives, then the end") {
  support::model::explore("mpsc closing_tx unbounded", kLimits, [] {
    Unbounded channel;
    all_arrive(channel, 1);
  });
  support::model::explore("mpsc closing_tx unbounded, three blocks", kLimits, [] {
    Unbounded channel;
    all_arrive(channel, 3);
  });
  support::model::explore("mpsc closing_tx bounded", kLimits, [] {
    Bounded channel(std::size_t{1});
    all_arrive(channel, 1);
  });
}

TEST_CASE("explore: mpsc: a relaxed channel is found out") {
  find_fault("mpsc relaxed", "deadlock", kLimits, [] {
    Channel<UnboundedRoom, RelaxedAtomics> channel;
    all_arrive(channel, 1);
  });
}

TEST_CASE("explore: mpsc: blocks are freed when no sender can hold them, and not before") {
  support::model::explore("mpsc list", {.preemptions = 3, .runs = 1'000'000}, blocks_of_one<ModelAtomics>);
  // Who moves the tail on learns by a write where the tail is; a plain load may be too old.
  find_fault("mpsc list, plain load", "an atomic is destroyed while another thread",
             {.preemptions = 3, .runs = 2'000'000}, blocks_of_one<LoadForNoChangeAtomics>);
}

TEST_CASE("explore: mpsc: the receiver goes while messages are sent") {
  support::model::explore("mpsc closing_rx unbounded", kLimits, [] {
    Unbounded channel;
    closing_rx(channel);
  });
  support::model::explore("mpsc closing_rx bounded", kLimits, [] {
    Bounded channel(std::size_t{1});
    closing_rx(channel);
  });
}

TEST_CASE("explore: mpsc: closed while messages are sent: what was accepted is received") {
  support::model::explore("mpsc closing_and_sending bounded", kLimits, [] {
    Bounded channel(std::size_t{1});
    int accepted = 0;
    int received = 0;
    {
      const Thread sender([&] {
        for (int i = 1; i <= 2; ++i) accepted += channel.try_send(i) ? 1 : 0;
        channel.drop_sender();
      });
      channel.close();
      while (channel.receive() != 0) ++received;
      channel.end_receiver();
    }
    require(accepted == received, "accepted and not received");
  });
  support::model::explore("mpsc closing_and_sending unbounded", kLimits, [] {
    Unbounded channel;
    int accepted = 0;
    int received = 0;
    {
      const Thread sender([&] {
        for (int i = 1; i <= 2; ++i) accepted += channel.send(i) ? 1 : 0;
        channel.drop_sender();
      });
      channel.close();
      while (channel.receive() != 0) ++received;
      channel.end_receiver();
    }
    require(accepted == received, "accepted and not received");
  });
}

TEST_CASE("explore: mpsc: senders that wait for room are told when the receiver closes") {
  support::model::explore("mpsc close versus reserve", kLimits, [] {
    Bounded channel(std::size_t{1});
    channel.add_sender();
    require(channel.try_send(1), "a place is there");
    const Thread first([&] {
      channel.send(2);
      channel.drop_sender();
    });
    const Thread second([&] {
      channel.reserve_in_vain();
      channel.drop_sender();
    });
    channel.close();
    while (channel.receive() != 0) {
    }
    channel.end_receiver();
  });
}

TEST_CASE("explore: mpsc: a sender waits for the receiver's end") {
  support::model::explore("mpsc tx_closed", kLimits, [] {
    Unbounded channel;
    const Thread sender([&] {
      channel.wait_closed();
      channel.drop_sender();
    });
    channel.end_receiver();
  });
}

TEST_CASE("explore: mpsc: try_recv says at its end what was sent before") {
  support::model::explore("mpsc try_recv", kLimits, [] {
    Bounded channel(std::size_t{2});
    channel.add_sender();
    const auto send = [&] {
      require(channel.try_send(1), "a place is there");
      channel.drop_sender();
    };
    const Thread first(send);
    const Thread second(send);
    int received = 0;
    for (int tries = 0; tries < 3; ++tries) {
      const int got = channel.try_receive();
      if (got == 0) require(received == 2, "the end came before a message");
      if (got > 0) ++received;
    }
    while (received < 2) {
      require(channel.receive() > 0, "a message was lost");
      ++received;
    }
    channel.end_receiver();
  });
}

TEST_CASE("explore: mpsc: length and end while it closes, at the edges of a block") {
  for (const int messages : {0, 1, 2, 3}) {
    const std::string name = "mpsc len_and_empty at " + std::to_string(messages);
    support::model::explore(name.c_str(), kLimits, [messages] {
      Unbounded channel;
      for (int i = 1; i <= messages; ++i) channel.send(i);
      const Thread sender([&] {
        channel.send(messages + 1);
        channel.drop_sender();
      });
      const std::size_t size = channel.size();
      require(size == static_cast<std::size_t>(messages) || size == static_cast<std::size_t>(messages) + 1,
              "another length than what was sent");
      channel.close();
      int received = 0;
      while (channel.receive() != 0) ++received;
      require(received == messages || received == messages + 1, "messages were lost");
      require(channel.size() == 0, "not empty at the end");
      channel.end_receiver();
    });
  }
}
