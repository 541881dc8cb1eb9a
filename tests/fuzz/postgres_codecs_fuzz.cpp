// Values as a server, or what stands in for one, sends them: both forms of every type.
//
// The first byte chooses the type, the second the form; the rest is the value. A parameter made of what was read is read
// as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/decode.h"
#include "postgres/encode.h"

using namespace rondeau;

namespace {

constexpr postgres::TypeId kTypes[] = {16,   17,   18,   20,   21,   23,   25,   26,   114,  700,  701,  1043, 1082, 1083,
                                       1114, 1184, 1186, 1700, 2950, 3802, 1000, 1001, 1005, 1007, 1009, 1016, 1021, 1022,
                                       1115, 1182, 1183, 1185, 1187, 1231, 2951, 3807, 199,  16500};

void require(bool condition) {
  if (!condition) std::abort();
}

bool same(const sql::Cell& left, const sql::Cell& right) {
  if (left.type != right.type || left.integer != right.integer || left.bytes != right.bytes) return false;
  if (!(left.interval == right.interval)) return false;
  if (left.real != right.real && !(left.real != left.real && right.real != right.real)) return false;
  if (left.elements.size() != right.elements.size()) return false;
  for (std::size_t i = 0; i < left.elements.size(); ++i) {
    if (!same(left.elements[i], right.elements[i])) return false;
  }
  return true;
}

sql::Value value_of(const sql::Cell& cell) {
  sql::Value value{.type = cell.type, .element = cell.element, .data = {}};
  switch (cell.type) {
    case sql::Type::Null:
      break;
    case sql::Type::Float32:
    case sql::Type::Float64:
      value.data = cell.real;
      break;
    case sql::Type::Interval:
      value.data = cell.interval;
      break;
    case sql::Type::Array: {
      sql::Array array;
      for (const sql::Cell& element : cell.elements) {
        array.elements.push_back(value_of(element));
        array.elements.back().type = cell.element;
      }
      value.data = std::move(array);
      break;
    }
    case sql::Type::Text:
    case sql::Type::Bytes:
    case sql::Type::Json:
    case sql::Type::Uuid:
    case sql::Type::Numeric:
    case sql::Type::Unknown:
      value.data = std::string(cell.bytes);
      break;
    default:
      value.data = cell.integer;
  }
  return value;
}

void check_round_trip(const postgres::ColumnType& type, const sql::Cell& cell) {
  postgres::Encoded encoded;
  const std::vector<sql::Value> values{value_of(cell)};
  // A zero byte in a text, and the ends of time, are not written.
  if (!encoded.fill(values) || encoded.values()[0] == nullptr) return;
  const std::string_view bytes(encoded.values()[0], static_cast<std::size_t>(encoded.lengths()[0]));
  const postgres::TypeId id = encoded.types()[0];
  // Undeclared ones are the server's to interpret, and so are an oid and what we send as text.
  if (id == 0 || encoded.formats()[0] == 0) return;
  const postgres::ColumnType sent = postgres::column_type(id);
  if (sent.type != type.type || sent.element != type.element) return;
  sql::Cell again;
  postgres::Scratch scratch;
  require(postgres::decode_binary(sent, bytes, again, scratch) == nullptr);
  require(same(cell, again));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const postgres::ColumnType type = postgres::column_type(kTypes[data[0] % std::size(kTypes)]);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  postgres::Scratch scratch;
  sql::Cell cell;
  const auto decode = data[1] % 2 == 0 ? postgres::decode_binary : postgres::decode_text;
  if (decode(type, bytes, cell, scratch) == nullptr) check_round_trip(type, cell);
  return 0;
}
