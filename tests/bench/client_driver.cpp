// The HTTP client as a command: performs requests one after the other with one client, a line for each.
// Run: client_driver METHOD URL [URL…]
//     OK <status> <bytes of the decoded body> <first 12 hexadecimal digits of its SHA-1>, or ERR <kind>
// POST and PUT send 16 bytes; METHOD POSTBIG is a POST of 8 MiB. PROBE_AUTH=1 in the environment adds credentials,
// PROBE_HTTP2=prior speaks HTTP/2 without asking, PROBE_HTTP2=never speaks none.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <openssl/evp.h>

#include <rondeau/client/client.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/text/base64.h>

using namespace rondeau;

namespace {

std::string sha1(std::string_view bytes) {
  std::string digest(20, '\0');
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_sha1(),
                 nullptr) != 1) {
    std::fprintf(stderr, "client_driver: no SHA-1\n");
    std::exit(1);
  }
  return text::hex_encode(digest);
}

struct Plan {
  Method method;
  std::optional<std::string> body;
  bool with_credentials;
};

Task<Result<std::string, client::Error>> perform(const Client& client, const Plan& plan, std::string_view url) {
  client::RequestBuilder request = client.request(plan.method, url);
  if (plan.body) request = std::move(request).body(*plan.body);
  if (plan.with_credentials) {
    request = std::move(request).bearer("probe-secret").header(HeaderName::Cookie, "sid=probe-secret");
  }
  RONDEAU_TRY(client::Response response, co_await std::move(request).send());
  const unsigned status = http::code(response.status());
  RONDEAU_TRY(const Bytes body, co_await response.bytes());
  co_return "OK " + std::to_string(status) + ' ' + std::to_string(body.size()) + ' ' +
      sha1(body.view()).substr(0, 12);
}

client::ClientOptions options() {
  client::ClientOptions options;
  options.timeouts.total = std::chrono::seconds(3);
  options.limits.head = 1024 * 1024;
  options.limits.fields = std::numeric_limits<std::size_t>::max() / 2;
  options.limits.body = 16 * 1024 * 1024;
  options.redirects = RedirectPolicy::limited(10);
  const char* http2 = std::getenv("PROBE_HTTP2");
  if (http2 != nullptr && std::string_view(http2) == "prior") options.http2 = client::Http2::PriorKnowledge;
  if (http2 != nullptr && std::string_view(http2) == "never") options.http2 = client::Http2::Never;
  return options;
}

Task<int> drive(Plan plan, std::vector<std::string> urls) {
  Result<Client> client = Client::build(options());
  if (!client) {
    std::fprintf(stderr, "client_driver: %s\n", client.error().message().c_str());
    co_return 1;
  }
  for (const std::string& url : urls) {
    const Result<std::string, client::Error> line = co_await perform(*client, plan, url);
    if (line) {
      std::printf("%s\n", line->c_str());
    } else {
      std::printf("ERR %s\n", std::string(to_string(line.error().kind())).c_str());
      std::fprintf(stderr, "client_driver: %s\n", line.error().message().c_str());
    }
    std::fflush(stdout);
  }
  co_return 0;
}

std::optional<Plan> plan_of(std::string_view method) {
  const char* probe = std::getenv("PROBE_AUTH");
  const bool with_credentials = probe != nullptr && std::string_view(probe) == "1";
  if (method == "POSTBIG") return Plan{Method::Post, std::string(8 * 1024 * 1024, 'x'), with_credentials};
  const std::optional<Method> known = http::parse_method(method);
  if (!known) return std::nullopt;
  std::optional<std::string> body;
  if (*known == Method::Post || *known == Method::Put) body = "payload-payload!";
  return Plan{*known, std::move(body), with_credentials};
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Plan> plan = argc >= 3 ? plan_of(argv[1]) : std::nullopt;
  if (!plan) {
    std::fprintf(stderr, "client_driver METHOD URL [URL...]\n");
    return 2;
  }
  return run(drive(*plan, std::vector<std::string>(argv + 2, argv + argc)),
             runtime::Builder::multi_thread().worker_threads(1));
}
