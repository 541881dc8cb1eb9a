// Children that end before their parent does: results, the first error, a limit of how many. Run: build/examples/scope
#include <chrono>
#include <cstdio>
#include <functional>  // std::ref
#include <string>
#include <vector>

#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

/// As a mirror would be asked over the network.
Task<Result<int>> size_of(std::string package) {
  co_await sleep_for(std::chrono::milliseconds(10 * package.size()));
  if (package.find('/') != std::string::npos) co_return Error(Errc::NotFound, "package " + package);
  co_return static_cast<int>(package.size());
}

struct Guard {
  int& closed;
  ~Guard() { ++closed; }
};

/// A child may borrow from who runs the scope: run() returns only when every child has ended, however it ends.
Task<Result<void>> add_size(std::string package, Semaphore& places, int& total, int& closed) {
  RONDEAU_TRY(const auto place, co_await places.acquire());
  const Guard guard{closed};
  RONDEAU_TRY(const int size, co_await size_of(std::move(package)));
  total += size;  // one thread here; with several workers this is an std::atomic
  co_return {};
}

/// The sum, or the first error. That one ends the others, and nothing goes on behind the caller's back.
Task<Result<int>> total_size(std::vector<std::string> packages, int& closed) {
  Semaphore places(2);  // a thousand packages are no reason for a thousand connections
  int total = 0;
  RONDEAU_TRY_VOID(co_await TaskScope::run([&](TaskScope& scope) -> Task<Result<void>> {
    for (const std::string& package : packages) {
      scope.spawn(add_size, package, std::ref(places), std::ref(total), std::ref(closed)).detach();
    }
    co_await scope.join();
    co_return {};
  }));
  co_return total;
}

/// The first answer wins, and the others are ended.
Task<std::string> fastest_of(std::vector<std::string> mirrors) {
  std::string winner;
  co_await TaskScope::run(
      [&](TaskScope& scope) -> Task<void> {
        for (const std::string& mirror : mirrors) {
          scope
              .spawn([mirror, &winner]() -> Task<void> {
                const auto answer = co_await size_of(mirror);
                if (answer && winner.empty()) winner = mirror;
              })
              .detach();
        }
        co_await scope.join();
      },
      EndAll::OnFirst);
  co_return winner;
}

Task<void> show() {
  int closed = 0;
  const auto good = co_await total_size({"zlib", "openssl", "sqlite"}, closed);
  std::printf("total: %d\n", good.value());
  closed = 0;
  const auto bad = co_await total_size({"zlib", "a/b", "a-package-with-a-long-name"}, closed);
  std::printf("%s; %d were begun and are closed\n", bad.error().message().c_str(), closed);
  std::printf("fastest: %s\n", (co_await fastest_of({"mirror-in-oslo", "near", "mirror-in-rome"})).c_str());
}

}  // namespace

int main() {
  return run(show(), runtime::Builder::current_thread().start_paused());
}
