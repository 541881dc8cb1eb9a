// Asks several services at once, and tells how each answered. Run: build/examples/http_client URL [URL…]
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <rondeau/client/client.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/task_scope.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

std::string milliseconds(Duration span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(span).count()) + " ms";
}

/// One line about one service. The values are the task's own: whoever asked may go.
Task<void> look_at(Client client, std::string url) {
  const Instant begun = Instant::now();
  Result<client::Response, client::Error> answer = co_await client.get(url).timeout(5s).send();
  if (!answer) {
    std::printf("%s\n", answer.error().message().c_str());
    co_return;
  }
  const Duration to_the_head = begun.elapsed();
  std::size_t bytes = 0;
  for (;;) {
    const Result<Bytes, client::Error> piece = co_await answer->next();  // 64 KiB at most are in memory
    if (!piece) {
      std::printf("%s\n", piece.error().message().c_str());
      co_return;
    }
    if (piece->empty()) break;
    bytes += piece->size();
  }
  std::printf("%s: %u after %s, %zu bytes after %s\n", answer->url().c_str(), http::code(answer->status()),
              milliseconds(to_the_head).c_str(), bytes, milliseconds(begun.elapsed()).c_str());
}

Task<Result<void>> look_at_all(std::vector<std::string> urls) {
  RONDEAU_TRY(const Client client, Client::build({.user_agent = "rondeau-example/1", .retry = RetryPolicy{.attempts = 2}}));
  co_await TaskScope::run([&](TaskScope& scope) -> Task<void> {
    for (const std::string& url : urls) scope.spawn(look_at(client, url)).detach();
    co_await scope.join();
  });
  co_return Result<void>();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "http_client URL [URL...]\n");
    return 2;
  }
  return run(look_at_all(std::vector<std::string>(argv + 1, argv + argc)), runtime::Builder::multi_thread());
}
