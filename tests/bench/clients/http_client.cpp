// The HTTP client beside libcurl's multi interface: processor time of the asking process for a GET over kept connections.
// Run: http_client URL [REQUESTS] [AT_ONCE] [ROUNDS]
// The two take turns; a line for each round, then the least of each and their ratio.
#include <cstdio>

#if __has_include(<curl/curl.h>)
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <curl/curl.h>

#include <rondeau/client/client.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/task_scope.h>

using namespace rondeau;

namespace {

struct Load {
  std::string url;
  std::size_t requests;
  std::size_t at_once;
};

double cpu_microseconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "http_client: %s\n", why.c_str());
  std::exit(1);
}

// ---- ours

Task<void> ask(Client client, std::string url, std::size_t& left) {
  while (left > 0) {
    --left;
    const auto body = co_await client.get(url).send_bytes();
    if (!body) fail(body.error().message());
  }
}

Task<void> ask_all(Client client, Load load) {
  std::size_t left = load.requests;
  co_await TaskScope::run([&](TaskScope& scope) -> Task<void> {
    for (std::size_t i = 0; i < load.at_once; ++i) scope.spawn(ask(client, load.url, left)).detach();
    co_await scope.join();
  });
}

// ---- libcurl

std::size_t count_bytes(char*, std::size_t size, std::size_t count, void* total) {
  *static_cast<std::size_t*>(total) += size * count;
  return size * count;
}

class Curl {
 public:
  explicit Curl(const Load& load) : multi_(curl_multi_init()) {
    for (std::size_t i = 0; i < load.at_once; ++i) {
      CURL* easy = curl_easy_init();
      curl_easy_setopt(easy, CURLOPT_URL, load.url.c_str());
      curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &count_bytes);
      curl_easy_setopt(easy, CURLOPT_WRITEDATA, &bytes_);
      curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
      curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
      curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30'000L);
      easies_.push_back(easy);
    }
  }
  Curl(const Curl&) = delete;
  Curl& operator=(const Curl&) = delete;
  ~Curl() {
    for (CURL* easy : easies_) curl_easy_cleanup(easy);
    curl_multi_cleanup(multi_);
  }

  void ask_all(std::size_t requests) {
    std::size_t begun = 0;
    std::size_t done = 0;
    for (CURL* easy : easies_) {
      if (begun < requests) ++begun, curl_multi_add_handle(multi_, easy);
    }
    while (done < requests) {
      int running = 0;
      if (curl_multi_perform(multi_, &running) != CURLM_OK) fail("curl_multi_perform");
      int more = 0;
      while (CURLMsg* message = curl_multi_info_read(multi_, &more)) {
        if (message->data.result != CURLE_OK) fail(curl_easy_strerror(message->data.result));
        ++done;
        CURL* easy = message->easy_handle;
        curl_multi_remove_handle(multi_, easy);
        if (begun < requests) ++begun, curl_multi_add_handle(multi_, easy);
      }
      if (done < requests) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
  }

 private:
  CURLM* multi_;
  std::vector<CURL*> easies_;
  std::size_t bytes_ = 0;
};

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) return std::nullopt;
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::size_t> numbers{20'000, 16, 7};
  for (int i = 2; i < argc && i < 5; ++i) {
    const auto value = number(argv[i]);
    if (!value) return fail("no number: " + std::string(argv[i])), 2;
    numbers[static_cast<std::size_t>(i - 2)] = *value;
  }
  if (argc < 2 || argc > 5) {
    std::fprintf(stderr, "http_client URL [REQUESTS] [AT_ONCE] [ROUNDS]\n");
    return 2;
  }
  const Load load{argv[1], numbers[0], numbers[1]};
  curl_global_init(CURL_GLOBAL_DEFAULT);
  auto runtime = runtime::Builder::current_thread().build().value();
  Client client = runtime.block_on([]() -> Task<Client> { co_return Client::build().value(); }());
  Curl curl(load);
  const Load warm_up{load.url, load.at_once * 10, load.at_once};
  runtime.block_on(ask_all(client, warm_up));
  curl.ask_all(warm_up.requests);

  double ours = 0;
  double theirs = 0;
  for (std::size_t round = 0; round < numbers[2]; ++round) {
    double begin = cpu_microseconds();
    runtime.block_on(ask_all(client, load));
    const double mine = (cpu_microseconds() - begin) / static_cast<double>(load.requests);
    begin = cpu_microseconds();
    curl.ask_all(load.requests);
    const double other = (cpu_microseconds() - begin) / static_cast<double>(load.requests);
    std::printf("round %zu: rondeau %.2f us, libcurl %.2f us, ratio %.2f\n", round + 1, mine, other, mine / other);
    ours = round == 0 ? mine : std::min(ours, mine);
    theirs = round == 0 ? other : std::min(theirs, other);
  }
  std::printf("least: rondeau %.2f us, libcurl %.2f us, ratio %.2f\n", ours, theirs, ours / theirs);
  return 0;
}
#else
int main() {
  std::fprintf(stderr, "http_client: built without libcurl (libcurl4-openssl-dev), which it measures beside\n");
  return 77;
}
#endif
