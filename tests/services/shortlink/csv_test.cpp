#include "csv.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using shortlink::CsvReader;
using shortlink::CsvRow;

namespace {

/// "1:[a][b] 2:!" – lines, fields, and ! where a row is malformed.
std::string shown(const std::vector<CsvRow>& rows) {
  std::string all;
  for (const CsvRow& row : rows) {
    all += std::to_string(row.line) + ":";
    if (row.malformed) {
      all += "! ";
      continue;
    }
    for (const std::string& field : row.fields) all += "[" + field + "]";
    all += " ";
  }
  return all;
}

std::string read(std::string_view one, std::string_view other = {}) {
  CsvReader reader;
  std::vector<CsvRow> rows;
  reader.feed(one, rows);
  reader.feed(other, rows);
  reader.finish(rows);
  return shown(rows);
}

}  // namespace

TEST_CASE("shortlink: CSV is read as RFC 4180 says, wherever its pieces end") {
  struct Case {
    std::string_view bytes;
    std::string_view rows;
  };
  for (const Case& row : {
           Case{"", ""}, Case{"a", "1:[a] "}, Case{"a\n", "1:[a] "}, Case{"a\r\nb\r\n", "1:[a] 2:[b] "},
           Case{"a,b,c\nd\n", "1:[a][b][c] 2:[d] "}, Case{"a,\n,b", "1:[a][] 2:[][b] "},
           Case{"\n\r\na\n\n", "3:[a] "},  // blank lines are passed over
           Case{R"("a","b")", "1:[a][b] "}, Case{R"("a,b",c)", "1:[a,b][c] "},
           Case{R"("say ""hi""",x)", R"(1:[say "hi"][x] )"}, Case{"\"two\nlines\",x\ny", "1:[two\nlines][x] 3:[y] "},
           Case{"\"cr\r\nlf\"", "1:[cr\r\nlf] "}, Case{R"("")", "1:[] "},
           Case{"a\"b\nc", "1:! 2:[c] "},                                     // a quote inside a plain field
           Case{"\"a\"b\nc", "1:! 2:[c] "},                                   // something behind the closing quote
           Case{"\"never closed\nb", "1:! "}, Case{"a\rb\nc", "1:! 2:[c] "},  // a CR alone
       }) {
    CAPTURE(row.bytes);
    for (std::size_t at = 0; at <= row.bytes.size(); ++at) {
      CAPTURE(at);
      CHECK(read(row.bytes.substr(0, at), row.bytes.substr(at)) == row.rows);
    }
  }
}

TEST_CASE("shortlink: a field of CSV has 8192 bytes at most") {
  CHECK(read(std::string(8192, 'x')).size() == 8192 + 5);
  CHECK(read(std::string(8193, 'x') + "\nb") == "1:! 2:[b] ");
}

TEST_CASE("shortlink: of a row of CSV with too many fields only one too many is kept") {
  CHECK(read("a,b,c,d,e,f\ng") == "1:[a][b][c][d] 2:[g] ");
  CHECK(read(std::string(100'000, ',') + "\n") == "1:[][][][] ");
}
