// A report of any length: made while it is sent, no faster than the client reads, saved under a name.
// Run: build/examples/download --port 8080
//   curl -OJ localhost:8080/reports/1000000
#include <cstdint>
#include <string>
#include <utility>

#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/task/yield_now.h>

using namespace rondeau;

using Rows = Ranged<std::int64_t, 1, 100'000'000>;

/// Rows go out some hundreds at a time, since each piece is a chunk of its own. At most 64 KiB are unsent; a client
/// that leaves ends this where it stands.
AsyncGenerator<Result<std::string>> report(std::int64_t rows) {
  constexpr std::int64_t kTogether = 250;
  std::string piece = "row,square\r\n";
  for (std::int64_t row = 1; row <= rows; ++row) {
    piece += std::to_string(row) + ',' + std::to_string(row * row) + "\r\n";
    if (row % kTogether != 0 && row != rows) continue;
    // Where making the rest fails: `co_yield error; co_return;` cuts the connection, so that nobody takes half a report
    // for a whole one.
    co_yield std::move(piece);
    piece.clear();
    co_await yield_now();  // nothing here waits, as a database would, and others want this worker, too
  }
}

Response download(Path<"rows", Rows> rows) {
  const std::string name = "squares-" + std::to_string(**rows) + ".csv";
  return Response::stream(report(**rows), "text/csv; charset=utf-8")
      .header(HeaderName::ContentDisposition, attachment(name));
}

int main(int argc, char** argv) {
  Router<> router;
  router.get<"/reports/{rows}">(download).summary("So many squares").also(StatusCode::Ok, "a file of CSV");
  return Service("download").run(argc, argv, router);
}
