#include "import.h"

#include <charconv>
#include <utility>

#include <rondeau/task/blocking.h>
#include <rondeau/text/ascii.h>

#include "csv.h"

namespace shortlink {
namespace {

using namespace rondeau;

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kMostBytes = 10 * 1024 * 1024;
constexpr std::size_t kTransaction = 500;
constexpr std::size_t kMostRejected = 1000;

/// What parsing goes on with; it travels to the blocking pool and back.
struct Parsing {
  CsvReader reader;
  std::vector<CsvRow> rows;
};

class Import {
 public:
  Import(Store& store, std::string base) : store_(store), base_(std::move(base)) {}

  /// Parses on the blocking pool, then checks and inserts here.
  Task<Result<void>> take(std::string piece, bool last) {
    auto parsed = co_await blocking(
        [](Parsing parsing, std::string bytes, bool end) {
          parsing.reader.feed(bytes, parsing.rows);
          if (end) parsing.reader.finish(parsing.rows);
          return parsing;
        },
        std::move(parsing_), std::move(piece), last);
    if (!parsed) co_return Error(parsed.error());
    parsing_ = *std::move(parsed);
    for (CsvRow& row : parsing_.rows) {
      check(row);
      if (links_.size() == kTransaction) RONDEAU_TRY_VOID(co_await insert());
    }
    parsing_.rows.clear();
    if (last) RONDEAU_TRY_VOID(co_await insert());
    co_return {};
  }
  ImportResult result() && { return std::move(result_); }

 private:
  void check(const CsvRow& row) {
    const bool heading = row.line == 1 && text::equals_ignoring_case(row.fields[0], "url");
    if (heading) return;
    StoredLink link{random_id(), row.fields[0], now_, std::nullopt, 0};
    std::string reason = why_not(row, link);
    if (!reason.empty()) return reject(row.line, std::move(reason));
    links_.push_back(std::move(link));
    lines_.push_back(row.line);
  }

  std::string why_not(const CsvRow& row, StoredLink& link) const {
    if (row.malformed) return "is not CSV: a quote or CR where none may stand, or a field above 8192 bytes";
    if (row.fields.size() > CsvReader::kMostFields) return "has more than three fields";
    if (const auto why = why_not_url(link.url, base_); !why.empty()) return "url " + std::string(why);
    if (row.fields.size() > 1 && !row.fields[1].empty()) {
      if (const auto why = why_not_alias(row.fields[1]); !why.empty()) return "alias " + std::string(why);
      link.id = row.fields[1];
    }
    if (row.fields.size() > 2 && !row.fields[2].empty()) {
      const std::string& text = row.fields[2];
      std::int64_t seconds = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
      if (error != std::errc() || end != text.data() + text.size()) return "ttl_s must be a whole number of seconds";
      if (const auto why = why_not_ttl(seconds); !why.empty()) return "ttl_s " + std::string(why);
      link.expires_at = link.created_at + std::chrono::seconds(seconds);
    }
    return {};
  }

  Task<Result<void>> insert() {
    const std::vector<std::size_t> lines = std::exchange(lines_, {});
    if (lines.empty()) co_return {};
    RONDEAU_TRY(const auto inserted, co_await store_.insert_many(std::exchange(links_, {})));
    for (std::size_t i = 0; i < inserted.size(); ++i) {
      if (inserted[i]) {
        ++result_.created;
      } else {
        reject(lines[i], "alias is taken");
      }
    }
    co_return {};
  }

  void reject(std::size_t line, std::string reason) {
    if (result_.rejected.size() < kMostRejected) result_.rejected.push_back({line, std::move(reason)});
  }

  Store& store_;
  const std::string base_;
  const Time now_ = now();
  Parsing parsing_;
  std::vector<StoredLink> links_;
  std::vector<std::size_t> lines_;
  ImportResult result_;
};

}  // namespace

Task<Result<Json<ImportResult>, Failure>> import_links(State<App> app, Host host,
                                                       Result<Header<"content-type", std::string>, Rejection> type,
                                                       BodyStream body) {
  const std::string_view media = type ? std::string_view(**type) : "";
  if (!text::equals_ignoring_case(text::trim(media.substr(0, media.find(';'))), "text/csv")) {
    co_return problem(StatusCode::UnsupportedMediaType, "the body must be text/csv");
  }
  const auto too_large = problem(StatusCode::ContentTooLarge, "the body may have 10 MiB at most");
  if (body.remaining().value_or(0) > kMostBytes) co_return too_large;
  Import import(*app->store, base_url(*app, host));
  std::string piece;
  std::size_t total = 0;
  for (;;) {
    const Result<Bytes> bytes = co_await body.next();
    if (!bytes) co_return Problem(bytes.error());  // the client's doing: not for the log
    total += bytes->size();
    if (total > kMostBytes) co_return too_large;
    piece += bytes->view();
    const bool last = bytes->empty();
    if (last || piece.size() >= kPiece) RONDEAU_TRY_VOID(co_await import.take(std::exchange(piece, {}), last));
    if (last) break;
  }
  co_return Json{std::move(import).result()};
}

}  // namespace shortlink
