// What tables of cases have in common: files of lines, `case:`, `with:`, comments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rondeau::testing {

struct TableLine {
  std::string place;  ///< file and line
  std::string text;
};

/// A case as it is written: one, or one for each word.
struct WrittenCase {
  std::string name;
  std::string place;
  std::vector<std::string> words;  ///< not unescaped
  std::vector<TableLine> lines;
};

/// The cases of all `.txt` files of a folder, files in order of their names. Their lines begin with one of `marks` and
/// a blank. Throws std::runtime_error with file and line for what is neither such a line, nor `case:`, `with:`, a
/// comment.
std::vector<WrittenCase> read_table_lines(const std::string& folder, std::string_view marks);

/// `make(name, word)` for each case that `written` stands for; `word` is unescaped.
template <class Make>
void for_each_word(const WrittenCase& written, Make make);

/// Replaces the escapes of the format; `word` is what `\@` stands for.
std::string unescape_wire(std::string_view text, std::string_view word = {});
/// The opposite, for messages: controls and bytes from 0x80 become escapes, long texts are cut.
std::string escape_wire(std::string_view bytes);

template <class Make>
void for_each_word(const WrittenCase& written, Make make) {
  if (written.words.empty()) make(written.name, std::string());
  for (const std::string& word : written.words) make(written.name + ": " + word, unescape_wire(word));
}

}  // namespace rondeau::testing
