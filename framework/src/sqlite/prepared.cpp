#include "sqlite/prepared.h"

#include <charconv>
#include <cstring>

#include <sqlite3.h>

#include <rondeau/sql/cells.h>

#include "sqlite/error.h"

namespace rondeau::sqlite {
namespace {

using sql::Cell;
using sql::Error;
using sql::ErrorKind;
using sql::Sent;
using sql::Type;
using sql::Value;

/// Whether nothing but spaces and comments stands there.
bool is_blank(sqlite3* database, const char* text, const char* end) {
  if (text == end) return true;
  // SQLite knows best: it skips them, and prepares nothing.
  sqlite3_stmt* next = nullptr;
  const int code = sqlite3_prepare_v2(database, text, static_cast<int>(end - text), &next, nullptr);
  const bool blank = code == SQLITE_OK && next == nullptr;
  sqlite3_finalize(next);
  return blank;
}

Cell cell_of(sqlite3_stmt* row, int column) {
  const auto bytes = [&](const void* data) {
    return std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
  };
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
      return {.type = Type::Int64, .integer = sqlite3_column_int64(row, column)};
    case SQLITE_FLOAT:
      return {.type = Type::Float64, .real = sqlite3_column_double(row, column)};
    case SQLITE_TEXT:
      return {.type = Type::Text, .bytes = bytes(sqlite3_column_text(row, column))};
    case SQLITE_BLOB:
      return {.type = Type::Bytes, .bytes = bytes(sqlite3_column_blob(row, column))};
    default:
      return {};
  }
}

}  // namespace

void Prepared::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Result<std::unique_ptr<Prepared>, Error> Prepared::make(sqlite3* database, std::string_view text) {
  if (text.size() > 1'000'000'000) return error_of(ErrorKind::Encode, "the statement is too long", {}, Sent::No);
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(database, text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT,
                                      &raw, &tail);
  if (code != SQLITE_OK) return error_of(database, code, text);
  if (raw == nullptr) return error_of(ErrorKind::Encode, "there is no statement in it", text, Sent::No);
  auto prepared = std::unique_ptr<Prepared>(new Prepared(raw, text));
  if (!is_blank(database, tail, text.data() + text.size())) {
    return error_of(ErrorKind::Encode, "there is more than one statement in it", text, Sent::No);
  }
  RONDEAU_TRY_VOID_PLAIN(prepared->find_places());
  prepared->prepared_again_ = sqlite3_stmt_status(raw, SQLITE_STMTSTATUS_REPREPARE, 0);
  return prepared;
}

bool Prepared::reads_only() const noexcept {
  return sqlite3_stmt_readonly(handle_.get()) != 0;
}

Error Prepared::failed(int code) const {
  return error_of(sqlite3_db_handle(handle_.get()), code, text_);
}

// SQLite takes $1 for a name, and numbers names as they come: `select $2, $1` would be bound crosswise.
Result<void, Error> Prepared::find_places() {
  const int count = sqlite3_bind_parameter_count(handle_.get());
  for (int place = 1; place <= count; ++place) {
    const char* name = sqlite3_bind_parameter_name(handle_.get(), place);
    std::size_t number = 0;
    bool good = name != nullptr && name[0] == '$';
    if (good) {
      const char* end = name + std::strlen(name);
      const auto read = std::from_chars(name + 1, end, number);
      good = read.ec == std::errc() && read.ptr == end && number >= 1 && number <= sql::kMaxPlaceholders;
    }
    if (!good) return error_of(ErrorKind::Encode, "placeholders are $1, $2 …", text_, Sent::No);
    if (places_.size() < number) places_.resize(number, 0);
    places_[number - 1] = place;
  }
  return {};
}

Result<void, Error> Prepared::bind(const std::vector<Value>& parameters) {
  if (parameters.size() < places_.size()) {
    return error_of(ErrorKind::Encode, "the statement has more placeholders than there are arguments", text_, Sent::No);
  }
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (places_[i] != 0) RONDEAU_TRY_VOID_PLAIN(bind_one(places_[i], parameters[i]));
  }
  return {};
}

Result<void, Error> Prepared::bind_one(int place, const Value& value) {
  sqlite3_stmt* to = handle_.get();
  const auto text = [&](std::string_view bytes) {
    return sqlite3_bind_text64(to, place, bytes.data(), bytes.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  };
  const auto form = [&] {
    const std::string made = sql::text_form(value);
    return made.empty() ? SQLITE_RANGE : text(made);
  };
  int code = SQLITE_OK;
  if (value.is_null()) {
    code = sqlite3_bind_null(to, place);
  } else {
    switch (value.type) {
      case Type::Bool:
      case Type::Int16:
      case Type::Int32:
      case Type::Int64:
        code = sqlite3_bind_int64(to, place, std::get<std::int64_t>(value.data));
        break;
      case Type::Float32:
      case Type::Float64:
        code = sqlite3_bind_double(to, place, std::get<double>(value.data));
        break;
      case Type::Bytes: {
        const std::string& bytes = std::get<std::string>(value.data);
        code = sqlite3_bind_blob64(to, place, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
        break;
      }
      case Type::Text:
      case Type::Json:
      case Type::Numeric:
        code = text(std::get<std::string>(value.data));
        break;
      case Type::Array:
        code = text(sql::json_form(std::get<sql::Array>(value.data)));
        break;
      default:
        code = form();
    }
  }
  if (code == SQLITE_OK) return {};
  if (code != SQLITE_RANGE) return failed(code);
  return error_of(ErrorKind::Encode, "a time is outside of years 0 to 9999", text_, Sent::No);
}

Result<void, Error> Prepared::begin(sql::RowSink& sink) {
  sqlite3_stmt* row = handle_.get();
  if (const int now = sqlite3_stmt_status(row, SQLITE_STMTSTATUS_REPREPARE, 0); now != prepared_again_) {
    prepared_again_ = now;
    plans_.clear();
  }
  std::vector<sql::Column> columns(static_cast<std::size_t>(sqlite3_column_count(row)));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const char* type = sqlite3_column_decltype(row, static_cast<int>(i));
    columns[i] = {.name = sqlite3_column_name(row, static_cast<int>(i)),
                  .type = Type::Any,
                  .type_name = type == nullptr ? std::string_view() : type};
  }
  cells_.resize(columns.size());
  return sink.begin(columns, plans_);
}

void Prepared::read_cells() {
  for (std::size_t i = 0; i < cells_.size(); ++i) cells_[i] = cell_of(handle_.get(), static_cast<int>(i));
}

Result<bool, Error> Prepared::step(sql::RowSink* sink, std::size_t most) {
  std::size_t given = 0;
  bool begun = false;
  for (;;) {
    if (!std::exchange(has_row_, false)) {
      const int code = sqlite3_step(handle_.get());
      if (code == SQLITE_DONE) {
        if (sink != nullptr && !begun) RONDEAU_TRY_VOID_PLAIN(begin(*sink));
        return false;
      }
      if (code != SQLITE_ROW) return failed(code);
    }
    if (sink == nullptr) continue;
    // Only now: the first step may prepare it again, and then its columns are others.
    if (!std::exchange(begun, true)) RONDEAU_TRY_VOID_PLAIN(begin(*sink));
    if (given == most) return has_row_ = true;
    read_cells();
    auto flow = sink->take(cells_);
    if (!flow) return flow.error().with_text(text_);
    if (*flow == sql::Flow::Enough) return true;
    ++given;
  }
}

void Prepared::reset() noexcept {
  has_row_ = false;
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
}

}  // namespace rondeau::sqlite
