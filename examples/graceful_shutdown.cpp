// An end in which nothing is lost: requests are answered, those who wait are told, what was promised is done.
// Run: build/examples/graceful_shutdown --profile dev --port 8080, and end it with Ctrl-C while this runs:
//   curl localhost:8080/report & curl localhost:8080/wait & curl -X POST localhost:8080/mails -d ann@example.org
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <rondeau/observe/log.h>
#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

constexpr std::size_t kWaitingMails = 100;

struct Settings {
  std::chrono::milliseconds each = 200ms;  ///< so long takes a mail
};

/// What was taken in with a 202 is a promise. The queue ends when its only sender does.
class Mails {
 public:
  explicit Mails(Sender<std::string> queue) : queue_(std::move(queue)) {}

  bool add(std::string to) {
    const std::lock_guard lock(mutex_);
    return queue_ && queue_->try_send(std::move(to));
  }
  void close() {
    const std::lock_guard lock(mutex_);
    queue_.reset();
  }

 private:
  std::mutex mutex_;  // guards queue_; try_send never waits
  std::optional<Sender<std::string>> queue_;
};

/// Ends when the last sender is gone and the queue is empty.
Task<int> send_mails(Receiver<std::string> queue, Duration each) {
  int sent = 0;
  while (auto to = co_await queue.recv()) {
    co_await sleep_for(each);  // the mail server
    ++sent;
  }
  co_return sent;
}

Result<Accepted, Problem> add_mail(State<Mails> mails, std::string to) {
  if (to.empty() || to.size() > 254) return problem(StatusCode::UnprocessableContent, "to whom?");
  if (!mails->add(std::move(to))) return problem(StatusCode::ServiceUnavailable, "too many are waiting");
  return Accepted{};
}

/// Is under way when the signal comes, and is answered all the same, within shutdown.timeout.
Task<std::string> report() {
  co_await sleep_for(1s);
  co_return "all is well\n";
}

/// Would wait for half a minute. It asks for the token of the drain, and lets its client come again elsewhere.
Task<std::string> wait_for_news(CancellationToken drain) {
  const auto first = co_await select(drain.cancelled(), sleep_for(25s));
  co_return first.index() == 0 ? "come again\n" : "no news\n";
}

Task<Result<Router<Mails>>> set_up(service::Context& life, const Settings& settings) {
  auto [sender, receiver] = mpsc<std::string>(kWaitingMails);
  const auto mails = std::make_shared<Mails>(std::move(sender));
  const auto sending = std::make_shared<JoinHandle<int>>(spawn(send_mails(std::move(receiver), settings.each)));
  // After the last request, so nobody adds to it any more. What was started last ends first.
  life.on_stop("mails", [mails, sending]() -> Task<void> {
    mails->close();
    const auto sent = co_await *sending;
    log::info("mails", {{"sent", sent.value_or(-1)}});
  });

  Router<Mails> router(mails);
  router.post<"/mails">(add_mail).summary("Sends a mail, soon");
  router.get<"/report">(report).summary("Takes a second");
  router.get<"/wait">(wait_for_news).summary("Waits for news");
  co_return router;
}

int main(int argc, char** argv) {
  return Service("graceful_shutdown").run<Settings>(argc, argv, set_up);
}
