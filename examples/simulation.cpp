// Plays a client, a server and a bad network out of one number, many times. Run: build/examples/simulation
//   build/examples/simulation --careless    the same with a server that forgets: the first world in which that shows
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sim/explore.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

constexpr int kOrders = 5;

/// What the server keeps.
struct Shop {
  bool careless = false;
  std::set<int> known;
  int counted = 0;

  void order(int number) {
    if (!known.insert(number).second && !careless) return;  // it came before, and its answer was lost
    ++counted;
  }
};

/// One connection: a byte for each order, and a byte back.
Task<Result<void>> serve_one(net::TcpStream stream, std::shared_ptr<Shop> shop) {
  std::array<std::byte, 1> order;
  for (;;) {
    RONDEAU_TRY(const std::size_t count, co_await stream.read_some(order));
    if (count == 0) co_return {};
    shop->order(std::to_integer<int>(order[0]));
    co_await sleep_for(1ms);  // the disk
    RONDEAU_TRY_VOID(co_await stream.write_all(order));
  }
}

Task<Result<void>> serve(std::shared_ptr<Shop> shop) {
  RONDEAU_TRY(auto listener, net::TcpListener::bind("0.0.0.0:4000"));
  for (;;) {
    auto stream = co_await listener.accept();
    if (stream) spawn(serve_one(*std::move(stream), shop)).detach();
  }
}

Task<Result<void>> order_once(int number) {
  RONDEAU_TRY(auto stream, co_await net::TcpStream::connect("shop", 4000));
  std::array<std::byte, 1> bytes{static_cast<std::byte>(number)};
  RONDEAU_TRY_VOID(co_await stream.write_all(bytes));
  co_return co_await stream.read_exact(bytes);
}

/// Until there is an answer. Whether an order without an answer has arrived, nobody can know: so it is sent again,
/// under the number it had, and the server has to see that.
Task<void> order_all() {
  for (int number = 1; number <= kOrders; ++number) {
    while (!co_await timeout(1s, order_once(number))) co_await sleep_for(50ms);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool careless = argc == 2 && std::string_view(argv[1]) == "--careless";
  if (argc > 1 && !careless) {
    std::fprintf(stderr, "usage: simulation [--careless]\n");
    return 2;
  }
  // 1 in 20 connections is refused, 1 in 100 pieces resets its connection, threads, clocks and look-ups fail.
  const sim::Exploration harsh{.seeds = 200, .options = {.faults = sim::Faults::harsh()}};
  const auto explored = sim::explore(harsh, [careless](sim::Runtime& world) {
    const auto shop = std::make_shared<Shop>(Shop{.careless = careless, .known = {}});
    world.host("shop", [shop] { return serve(shop); });
    world.client("customer", order_all);
    world.always("no order counts twice", [shop] { return shop->counted <= static_cast<int>(shop->known.size()); });
  });
  if (!explored.failure) {
    std::printf("no order counts twice in any of 200 worlds\n");
    return 0;
  }
  std::printf("%s\n", explored.failure->problem.c_str());
  std::printf("to see it again: RONDEAU_SEED=%d\n", static_cast<int>(explored.failure->seed));
  return 1;
}
