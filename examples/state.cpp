// What handlers share, and how each part of it is guarded. Run: build/examples/state --port 8080
//   curl localhost:8080/words/tea -X PUT -d 'a drink'
//   curl localhost:8080/words/tea
//   curl localhost:8080/stats
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>

using namespace rondeau;

/// The lock is in the class it guards, and what comes out is a copy: a reference that left the lock would be read while
/// another handler writes. No lock lives across a co_await.
class Words {
 public:
  /// False where there is no room: what clients fill has a bound.
  bool put(std::string word, std::string meaning) {
    const std::lock_guard lock(mutex_);
    const auto found = words_.find(word);
    if (found == words_.end() && words_.size() >= kMost) return false;
    words_.insert_or_assign(std::move(word), std::move(meaning));
    return true;
  }
  std::optional<std::string> find(const std::string& word) const {
    const std::lock_guard lock(mutex_);
    const auto found = words_.find(word);
    return found == words_.end() ? std::nullopt : std::optional(found->second);
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return words_.size();
  }

 private:
  static constexpr std::size_t kMost = 10'000;
  mutable std::mutex mutex_;  // guards words_; held for no longer than a look at the map
  std::map<std::string, std::string> words_;
};

struct App {
  std::string title = "a dictionary";    // never changes: needs no lock
  std::atomic<std::uint64_t> asked = 0;  // a number by itself
  Words words;                           // guards itself
};

struct Stats {
  std::string title;
  std::uint64_t asked = 0;
  std::uint64_t words = 0;
};

/// State<Words> is the member of that type: the handler sees no more than it needs.
Result<NoContent, Problem> put(State<Words> words, Path<"word", MaxLength<100>> word, std::string meaning) {
  if (meaning.size() > 1000) return problem(StatusCode::ContentTooLarge, "a meaning has at most 1000 bytes");
  if (!words->put(**word, std::move(meaning))) return problem(StatusCode::InsufficientStorage, "there is no room");
  return NoContent{};
}

std::optional<std::string> find(State<App> app, Path<"word"> word) {
  app->asked.fetch_add(1, std::memory_order_relaxed);  // a count that orders nothing else
  return app->words.find(*word);
}

Json<Stats> stats(State<App> app) {
  return Json{Stats{app->title, app->asked.load(std::memory_order_relaxed), app->words.size()}};
}

int main(int argc, char** argv) {
  Router<App> router(std::make_shared<App>());  // a mutex cannot be moved: the state is made where it stays
  router.put<"/words/{word}">(put).summary("Says what a word means");
  router.get<"/words/{word}">(find).summary("What a word means");
  router.get<"/stats">(stats).summary("How many words, how often asked");
  return Service("state").run(argc, argv, std::move(router));
}
