#include "clicks.h"

#include <utility>

#include <rondeau/observe/log.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

namespace shortlink {
namespace {

constexpr std::size_t kTogether = 500;
constexpr auto kLongestWait = std::chrono::milliseconds(200);

}  // namespace

Task<void> batch_clicks(rondeau::sync::Receiver<Click> clicks, std::shared_ptr<Store> store,
                        std::shared_ptr<ClickCounts> counts) {
  for (;;) {
    std::vector<Click> batch;
    if (co_await clicks.recv_many(batch, kTogether) == 0) co_return;
    auto deadline = rondeau::sleep_for(kLongestWait);
    while (batch.size() < kTogether) {
      auto next = co_await rondeau::select(clicks.recv_many(batch, kTogether - batch.size()), deadline).biased();
      if (next.index() == 1 || next.get<0>() == 0) break;
    }
    const std::size_t count = batch.size();
    const auto written = co_await store->add_clicks(std::move(batch));
    if (written) {
      counts->written.fetch_add(*written, std::memory_order_relaxed);
      counts->orphaned.fetch_add(count - *written, std::memory_order_relaxed);
    } else {
      counts->failed.fetch_add(count, std::memory_order_relaxed);
      rondeau::log::warn("cannot write clicks", {{"clicks", count}, {"error", written.error().message()}});
    }
  }
}

}  // namespace shortlink
