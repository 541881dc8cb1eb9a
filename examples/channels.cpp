// Tasks that share nothing and talk: each of the four channels where it belongs. Run: build/examples/channels
#include <cstdio>
#include <map>
#include <string>
#include <utility>

#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/broadcast.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/sync/watch.h>
#include <rondeau/task/spawn.h>

using namespace rondeau;

namespace {

struct Sale {
  std::string article;
  int left = 0;
};

/// A message with the place where its answer goes. Dropping that place unused is an answer, too: the shop is closed.
struct Order {
  std::string article;
  int count = 0;
  OneshotSender<bool> answer;
};

/// Owns the stock alone, so there is nothing to lock. Ends when nobody can order any more.
Task<int> keep_shop(Receiver<Order> orders, BroadcastSender<Sale> sales, WatchReceiver<int> limit) {
  std::map<std::string, int> stock{{"tea", 10}, {"cake", 1}};
  int sold = 0;
  while (auto order = co_await orders.recv()) {
    const auto found = stock.find(order->article);
    const bool fits = found != stock.end() && order->count > 0 && order->count <= found->second &&
                      order->count <= *limit.borrow();  // a watch: what holds now, however often it changed
    if (fits) {
      found->second -= order->count;
      sold += order->count;
      // A broadcast: everybody gets it and nobody is waited for. That nobody listens is no failure.
      static_cast<void>(sales.send({found->first, found->second}));
    }
    // The customer may be gone by now.
    static_cast<void>(std::move(order->answer).send(fits));
  }
  co_return sold;
}

Task<bool> order(Sender<Order> shop, std::string article, int count) {
  auto [answer, arrives] = oneshot<bool>();
  // An mpsc with room for so many: who orders faster than the shop works waits here.
  if (!co_await shop.send({std::move(article), count, std::move(answer)})) co_return false;
  co_return (co_await arrives).value_or(false);
}

/// Listens until the last sender is gone. Who is too slow for the ring is told how much of it has gone by.
Task<void> announce(BroadcastReceiver<Sale> sales) {
  while (auto sale = co_await sales.next()) {
    if (*sale) {
      std::printf("%s: %d left\n", (*sale)->article.c_str(), (*sale)->left);
    } else {
      std::printf("%d sales were missed\n", static_cast<int>(sale->error().missed));
    }
  }
}

Task<void> trade() {
  auto [shop, orders] = mpsc<Order>(32);
  auto [sales, listener] = broadcast<Sale>(16);
  auto [limit, limited] = watch<int>(2);
  auto announcer = spawn(announce(std::move(listener)));
  auto keeper = spawn(keep_shop(std::move(orders), std::move(sales), std::move(limited)));

  std::printf("two teas: %s\n", co_await order(shop, "tea", 2) ? "sold" : "refused");
  std::printf("five teas: %s\n", co_await order(shop, "tea", 5) ? "sold" : "refused");
  static_cast<void>(limit.send(5));
  std::printf("five teas again: %s\n", co_await order(shop, "tea", 5) ? "sold" : "refused");
  std::printf("two cakes: %s\n", co_await order(shop, "cake", 2) ? "sold" : "refused");

  {
    const auto last = std::move(shop);
  }  // channels end by themselves: no sender, no more orders, no more sales
  std::printf("sold: %d\n", (co_await keeper).value());
  static_cast<void>(co_await announcer);
}

}  // namespace

// One worker, so that what is printed here has one order; with run(trade()) there are as many as processors.
int main() {
  return run(trade(), runtime::Builder::current_thread());
}
