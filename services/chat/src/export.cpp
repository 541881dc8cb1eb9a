// GET /rooms/{room}/export.csv.gz: compressed on the blocking pool, and sent while it is made.
#include "export.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include <rondeau/coding/encoder.h>
#include <rondeau/json/json.h>
#include <rondeau/task/blocking.h>

#include "app.h"

namespace chat {

/// What export_room() answers, for documents.
struct CsvGz {
  rondeau::Response response;
};

}  // namespace chat

template <>
struct rondeau::IntoResponse<chat::CsvGz> {
  static Response into(chat::CsvGz file, const Request&) { return std::move(file.response); }
  static void describe(schema::Operation& operation) {
    operation.response(StatusCode::Ok, "application/gzip", schema::Form::text("binary"));
  }
};

namespace chat {

using namespace rondeau;

namespace {

constexpr std::size_t kPiece = 64 * 1024;  ///< bytes of text that are compressed at once
constexpr std::int64_t kRows = 64;         ///< read at once

void append_field(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out.append(text);
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

/// One after the other: an encoder is nobody's but the call's that has it.
class Packer {
 public:
  using End = coding::Encoder::End;

  Task<Result<Bytes>> pack(std::string text, End end) const {
    RONDEAU_TRY(Result<std::string> packed,
                co_await blocking([encoder = encoder_, text = std::move(text), end]() -> Result<std::string> {
                  std::string out;
                  RONDEAU_TRY_VOID_PLAIN(encoder->encode(text, end, out));
                  return out;
                }));
    RONDEAU_TRY(std::string bytes, std::move(packed));
    co_return Bytes(std::move(bytes));
  }

 private:
  std::shared_ptr<coding::Encoder> encoder_ = coding::make_encoder(Coding::Gzip);
};

/// As it is now: what is said meanwhile would put the end off.
Task<Result<void>> write_history(BodyWriter& out, History history, std::string room, std::int64_t last) {
  const Packer packer;
  std::string text = kCsvHeader;
  for (std::int64_t id = 0;;) {
    RONDEAU_TRY(const auto page, co_await history.after(room, id, kRows));
    for (const out::Message& message : page) {
      id = message.id;
      if (id <= last) append_csv(text, message);
    }
    const bool is_end = page.empty() || id >= last;
    while (text.size() >= kPiece) {
      RONDEAU_TRY(Bytes packed, co_await packer.pack(text.substr(0, kPiece), Packer::End::None));
      text.erase(0, kPiece);
      if (!packed.empty()) RONDEAU_TRY_VOID(co_await out.write(std::move(packed)));
    }
    if (is_end) break;
  }
  RONDEAU_TRY(Bytes packed, co_await packer.pack(std::move(text), Packer::End::Finish));
  co_return co_await out.write(std::move(packed));
}

Task<Result<CsvGz, Problem>> export_room(State<App> app, Path<"room", RoomName> room) {
  if (!coding::is_available(Coding::Gzip)) {
    co_return problem(StatusCode::NotImplemented, "this service was built without zlib");
  }
  RONDEAU_TRY(const std::int64_t last, co_await app->history.last_id(**room));
  auto response = Response::stream([history = app->history, room = **room,
                                    last](BodyWriter& out) { return write_history(out, history, room, last); },
                                   "application/gzip");
  response.header("content-disposition", "attachment; filename=\"" + **room + ".csv.gz\"");
  co_return CsvGz{std::move(response)};
}

}  // namespace

void append_csv(std::string& out, const out::Message& message) {
  out.append(std::to_string(message.id)).push_back(',');
  const std::string at = json::to_string(message.at).value();
  out.append(std::string_view(at).substr(1, at.size() - 2)).push_back(',');
  append_field(out, message.from);
  out.push_back(',');
  append_field(out, message.text);
  out.append("\r\n");
}

void add_export(Router<App>& router) {
  router.get<"/rooms/{room}/export.csv.gz">(export_room)
      .summary("Export what was said as CSV, compressed with gzip")
      .tag("messages")
      .also(StatusCode::NotImplemented);
}

}  // namespace chat
