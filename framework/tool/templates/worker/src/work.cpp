#include "work.h"

#include <utility>

#include <rondeau/observe/log.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/interval.h>

namespace {{ns}} {
namespace {

using namespace rondeau;

constexpr auto kRelaxed = std::memory_order_relaxed;

std::uint64_t count_words(const std::string& text) {
  std::uint64_t count = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!space && !inside) ++count;
    inside = !space;
  }
  return count;
}

void report(const Progress& progress) {
  rondeau::log::info("work", {{"accepted", progress.accepted},
                              {"refused", progress.refused},
                              {"done", progress.done},
                              {"words", progress.words}});
}

}  // namespace

Work::Work(std::size_t capacity) : Work(rondeau::sync::mpsc<Text>(capacity)) {}
Work::Work(std::pair<rondeau::sync::Sender<Text>, rondeau::sync::Receiver<Text>> channel)
    : sender_(std::move(channel.first)), receiver_(std::move(channel.second)) {}

std::optional<std::uint64_t> Work::push(std::string text) {
  const std::uint64_t number = accepted_.fetch_add(1, kRelaxed) + 1;
  if (sender_ && sender_->try_send({number, std::move(text)})) return number;
  accepted_.fetch_sub(1, kRelaxed);
  refused_.fetch_add(1, kRelaxed);
  return std::nullopt;
}

Progress Work::progress() const {
  return {accepted_.load(kRelaxed), refused_.load(kRelaxed), done_.load(kRelaxed), words_.load(kRelaxed)};
}

void Work::handle(const Text& text) {
  words_.fetch_add(count_words(text.text), kRelaxed);
  done_.fetch_add(1, kRelaxed);
}

Task<void> Work::run(std::shared_ptr<Work> work, std::chrono::milliseconds every) {
  auto timer = rondeau::interval_at(Instant::now() + every, every);
  for (;;) {
    auto next = co_await rondeau::select(work->receiver_.recv(), timer.tick()).biased();
    if (next.index() == 1) {
      report(work->progress());
      continue;
    }
    const auto& text = next.get<0>();
    if (!text) break;
    work->handle(*text);
  }
  report(work->progress());
}

std::shared_ptr<Work> start_work(rondeau::service::Context& context, std::size_t capacity,
                                 std::chrono::milliseconds report) {
  const auto work = std::make_shared<Work>(capacity);
  const auto running = std::make_shared<JoinHandle<void>>(spawn(Work::run(work, report)));
  context.readiness("work", [running]() -> Task<Result<void>> {
    if (running->is_finished()) co_return Error(Errc::Closed, "the task in the background has ended");
    co_return {};
  });
  context.on_stop("work", [work, running]() -> Task<void> {
    work->close();
    static_cast<void>(co_await *running);
  });
  return work;
}

}  // namespace {{ns}}
