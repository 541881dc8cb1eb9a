// The cell of a oneshot channel: the real one. Its two ends are harnesses, written after OneshotSender and
// OneshotReceiver.
#include <doctest/doctest.h>

#include <memory>
#include <utility>

#include "explore/await.h"
#include "support/model.h"
#include "sync/oneshot_cell_inl.h"

using explored::Parcel;
using explored::parcel;
using support::model::find_fault;
using support::model::ModelAtomics;
using support::model::RelaxedAtomics;
using support::model::require;
using support::model::Self;
using support::model::Thread;

namespace {

template <class Atomics>
class Sender {
  using Cell = rondeau::detail::OneshotCell<Parcel, Atomics>;

 public:
  explicit Sender(Cell* cell) : cell_(cell) {}
  ~Sender() {
    if (cell_ != nullptr && !cell_->end_sender(Cell::SenderGone)) cell_->free();
  }
  bool send(int content) {
    Cell* cell = std::exchange(cell_, nullptr);
    std::construct_at(&cell->value, parcel(content));
    if (cell->end_sender(Cell::Sent)) return true;
    std::destroy_at(&cell->value);
    if (!cell->end_sender(Cell::SenderGone)) cell->free();
    return false;
  }
  void wait_closed() {
    Self self;
    const auto closed = [&] { return cell_->receiver_closed(); };
    const auto enqueue = [&](auto wake) {
      cell_->sender_waits.set(wake);
      return !closed();
    };
    explored::await(self, closed, enqueue, [&] { return closed() || !enqueue(self.wake()); });
    cell_->sender_waits.clear();
  }
  /// Queues and changes its mind.
  void begin_wait_closed() {
    Self self;
    cell_->sender_waits.set(self.wake());
    cell_->sender_waits.clear();
  }

 private:
  Cell* cell_;
};

template <class Atomics>
class Receiver {
  using Cell = rondeau::detail::OneshotCell<Parcel, Atomics>;

 public:
  explicit Receiver(Cell* cell) : cell_(cell) {}
  ~Receiver() {
    if (cell_ != nullptr) end(cell_);
  }
  /// What came, or 0.
  int receive() {
    Self self;
    const auto decided = [&] { return this->decided(); };
    explored::await(
        self, decided, [&](auto wake) { return cell_->wait(wake); }, decided);
    return take();
  }
  void begin_receive() {
    Self self;
    if (!decided() && cell_->wait(self.wake())) cell_->leave();
  }
  /// Leaves a wake that nobody sleeps for, for another to overwrite.
  void leave_wake(Self& self) {
    if (!decided()) static_cast<void>(cell_->wait(self.wake()));
  }
  int try_receive() { return decided() ? take() : -1; }
  void close() { cell_->close(); }

 private:
  bool decided() const {
    const std::uintptr_t word = cell_->load();
    return Cell::sender_ended(word) || word == Cell::Closed;
  }
  int take() {
    Cell* cell = std::exchange(cell_, nullptr);
    int content = 0;
    if (cell->load() == Cell::Sent) content = *std::exchange(cell->value, nullptr);
    end(cell);
    return content;
  }
  static void end(Cell* cell) {
    const auto ended = cell->end_receiver();
    if (ended == Cell::ReceiverGone) return;
    if (ended == Cell::Sent) std::destroy_at(&cell->value);
    cell->free();
  }
  Cell* cell_;
};

/// `sender` in a thread of its own, `receiver` here.
template <class Atomics = ModelAtomics, class S, class R>
void channel(S&& sender, R&& receiver) {
  auto* cell = rondeau::detail::OneshotCell<Parcel, Atomics>::make();
  const Thread other([&sender, cell] {
    Sender<Atomics> tx(cell);
    sender(tx);
  });
  Receiver<Atomics> rx(cell);
  receiver(rx);
}

template <class Atomics>
void smoke() {
  channel<Atomics>([](auto& tx) { require(tx.send(7), "the send failed"); },
                   [](auto& rx) { require(rx.receive() == 7, "another value"); });
}

}  // namespace

TEST_CASE("explore: oneshot: what is sent is received") {
  support::model::explore("oneshot smoke", smoke<ModelAtomics>);
  support::model::explore("oneshot sender_drops", [] {
    channel([](auto&) {}, [](auto& rx) { require(rx.receive() == 0, "a value from nowhere"); });
  });
}

TEST_CASE("explore: oneshot: relaxed, the value comes too late") {
  find_fault("oneshot relaxed", "data race", smoke<RelaxedAtomics>);
}

TEST_CASE("explore: oneshot: the receiving task changes") {
  support::model::explore("oneshot changing_rx_task", [] {
    channel([](auto& tx) { tx.send(7); },
            [](auto& rx) {
              Self before;
              rx.leave_wake(before);
              require(rx.receive() == 7, "another value");
            });
  });
}

TEST_CASE("explore: oneshot: the sending task changes while it waits for the end") {
  support::model::explore("oneshot changing_tx_task", [] {
    channel(
        [](auto& tx) {
          tx.begin_wait_closed();
          tx.wait_closed();
        },
        [](auto&) {});
  });
}

TEST_CASE("explore: oneshot: a receiver that tries, closes, tries again") {
  support::model::explore("oneshot try_recv_close", [] {
    bool sent = false;
    int got = 0;
    channel([&](auto& tx) { sent = tx.send(7); },
            [&](auto& rx) {
              got = rx.try_receive();
              if (got != -1) return;
              rx.close();
              got = rx.try_receive();
            });
    require(sent == (got == 7), "the sender was told something else than the receiver");
  });
}

TEST_CASE("explore: oneshot: a closed receiver gets what was sent before") {
  support::model::explore("oneshot recv_closed", [] {
    bool sent = false;
    int got = 0;
    channel([&](auto& tx) { sent = tx.send(7); },
            [&](auto& rx) {
              rx.close();
              got = rx.receive();
            });
    require(sent == (got == 7), "the sender was told something else than the receiver");
  });
}

TEST_CASE("explore: oneshot: both ends go at once, with and without a value") {
  support::model::explore("oneshot send_ok_not_drop", [] { channel([](auto& tx) { tx.send(7); }, [](auto&) {}); });
  support::model::explore("oneshot both_drop", [] { channel([](auto&) {}, [](auto&) {}); });
}

TEST_CASE("explore: oneshot: the receiver waits, changes its mind and goes") {
  support::model::explore("oneshot drop_rx_after_poll",
                          [] { channel([](auto& tx) { tx.send(7); }, [](auto& rx) { rx.begin_receive(); }); });
}
