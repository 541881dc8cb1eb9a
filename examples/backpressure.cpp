// A fast producer and a slow consumer, and what to do about it: wait, refuse, or drop. Run: build/examples/backpressure
#include <chrono>
#include <cstdio>
#include <utility>

#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/broadcast.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

constexpr int kItems = 100;
constexpr std::size_t kRoom = 8;

/// 10 ms for each. Without a limit ninety items would be in memory by now, and in a day all of it.
Task<int> consume(Receiver<int> items) {
  int consumed = 0;
  while (co_await items.recv()) {
    co_await sleep_for(10ms);
    ++consumed;
  }
  co_return consumed;
}

/// Waiting: the producer becomes as slow as the consumer. For what must not be lost, and where somebody upstream can
/// wait in turn: a file that is read, a client whose socket we do not read meanwhile.
Task<void> wait_for_room() {
  auto [sender, receiver] = mpsc<int>(kRoom);
  auto consumer = spawn(consume(std::move(receiver)));
  const Instant begin = Instant::now();
  for (int item = 0; item < kItems; ++item) {
    if (!co_await sender.send(item)) break;  // the consumer has gone
  }
  const auto produced = begin.elapsed();
  {
    const auto last = std::move(sender);
  }
  std::printf("waited: %d of %d consumed, produced within %d ms\n", (co_await consumer).value(), kItems,
              static_cast<int>(produced / 1ms));
}

/// Refusing: for requests, since an answer that comes too late is none, and a 503 at once is one. The room is for
/// bursts; send_timeout() has a little patience beyond it.
Task<void> refuse() {
  auto [sender, receiver] = mpsc<int>(kRoom);
  auto consumer = spawn(consume(std::move(receiver)));
  int refused = 0;
  for (int item = 0; item < kItems; ++item) {
    co_await sleep_for(5ms);  // twice as fast as the consumer
    if (!sender.try_send(item)) ++refused;
  }
  {
    const auto last = std::move(sender);
  }
  std::printf("refused: %d of %d, %d consumed\n", refused, kItems, (co_await consumer).value());
}

/// Dropping the oldest: for readings of which the newest counts. The ring goes round, and the receiver knows how many
/// it has missed.
Task<void> drop_oldest() {
  auto [sender, receiver] = broadcast<int>(kRoom);
  for (int item = 0; item < kItems; ++item) static_cast<void>(sender.send(item));
  {
    const auto last = std::move(sender);
  }
  int seen = 0;
  int missed = 0;
  while (auto item = co_await receiver.next()) {
    if (*item) {
      ++seen;
    } else {
      missed += static_cast<int>(item->error().missed);
    }
  }
  std::printf("dropped: %d seen, %d missed\n", seen, missed);
}

Task<void> show() {
  co_await wait_for_room();
  co_await refuse();
  co_await drop_oldest();
}

}  // namespace

int main() {
  return run(show(), runtime::Builder::current_thread().start_paused());
}
