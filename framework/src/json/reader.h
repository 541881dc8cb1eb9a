// Puts the tokens of a JSON text where a descriptor says they belong.
//
// The open objects and arrays are frames on a stack. A value goes into the slot that the innermost frame names; on the
// way there it may pass wrappers (optional, Checked, JsonFor …), which are finished when the value is complete. Where
// something does not fit, the error is recorded and the value is skipped, so that all errors come at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <rondeau/json/read.h>

#include "json/token.h"

namespace rondeau::json {

class Reader {
 public:
  Reader(const reflect::Descriptor& type, void* value, const ReadOptions& options)
      : options_(options), root_{&type, value} {}
  ~Reader() { finish(0, Outcome::Failed); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// One token in turn; false: reading is over. `text` may be moved from.
  bool token(Token token, std::string& text);
  /// The text is no JSON at byte `position`, counted from 1.
  void malformed(std::size_t position);
  void number_overflows();

  Errors& errors() { return errors_; }

 private:
  /// Where a value goes; without a type it is skipped.
  struct Slot {
    const reflect::Descriptor* type = nullptr;
    void* address = nullptr;
  };
  enum class Mode : std::uint8_t {
    Struct,
    Map,
    DocumentObject,
    SkippedObject,
    Sequence,
    Tuple,
    DocumentArray,
    SkippedArray,
  };
  /// What a frame adds to the pointer of the present value.
  enum class Step : std::uint8_t { None, Field, Key, Index };
  struct Frame {
    Mode mode;
    Step step = Step::None;
    Slot container;
    Slot next = {};                            // objects: of the value behind the key
    std::uint64_t seen = 0;                    // structs: a bit per field
    std::uint32_t expected = 0;                // structs: the field that comes next in the usual order
    std::size_t index = 0;                     // arrays: elements so far
    std::size_t unfinished = 0;                // where this value's wrappers begin
    std::size_t errors = 0;                    // recorded before it began
    std::size_t addresses = 0;                 // structs: where its members' addresses begin
    std::string_view tag = {};                 // alternatives of a Tagged: the member that is no field
    std::string_view field = {};               // Step::Field: the member being read
    std::string key = {};                      // Step::Key: the last key
    std::vector<std::string> other_keys = {};  // structs, skipped objects: keys that nobody else keeps
  };
  /// A wrapper around the value being read: something is left to do when the value is complete.
  struct Unfinished {
    const reflect::Descriptor* type;
    void* address;
    void* inner;  // a JsonFor's form, a set's element
  };
  /// A Tagged whose tag was not met yet: its tokens are kept until then.
  struct Search {
    const reflect::VariantDescriptor* type = nullptr;
    void* address = nullptr;
    std::size_t unfinished = 0;
    std::size_t depth = 0;  // open levels within, its own included
    bool tag_follows = false;
    std::vector<std::pair<Token, std::string>> kept;
  };
  static bool is_array(Mode mode) { return mode >= Mode::Sequence; }
  enum class Outcome : bool { Complete, Failed };

  // reader.cpp: the frames
  bool value(Token token, std::string& text);
  bool key(std::string& text);
  bool end();
  bool struct_key(Frame& frame, std::string& text);
  bool map_key(Frame& frame, std::string& text);
  bool skip(Token token);
  bool open(Mode mode, Slot container, std::size_t unfinished);
  bool next_slot(Slot& slot);
  Slot element_slot(Frame& frame);
  void end_struct(Frame& frame);
  bool check_other_keys(Frame& frame);
  void stored();

  // reader_values.cpp: one value into one slot
  bool store(Slot slot, Token token, std::string& text, std::size_t unfinished);
  bool unwrap(Slot& slot, Token token);
  bool begin_object(Slot slot, Token token, std::size_t unfinished);
  bool begin_array(Slot slot, Token token, std::size_t unfinished);
  bool scalar(Slot slot, Token token, std::string& text);
  bool store_signed(Slot slot, Token token);
  bool store_unsigned(Slot slot, Token token);
  bool store_floating(Slot slot, Token token);
  bool store_enum(Slot slot, std::string_view text);
  bool mismatch(const reflect::Descriptor& type);
  void finish(std::size_t from, Outcome outcome);
  void finish_one(const Unfinished& wrapper, Outcome outcome);

  // reader_documents.cpp: free-form values
  void* document_member(void* object, const std::string& key);
  void* document_element(void* array);
  void store_document(void* document, Token token, std::string& text);

  // reader_tagged.cpp: alternatives told by a member
  bool search(Token token, std::string& text);
  bool tag_error(std::string_view code, std::string message);
  bool choose(std::size_t alternative);
  bool give_up();
  bool replay(std::vector<std::pair<Token, std::string>> kept);

  std::string pointer() const;
  bool error(std::string_view code, std::string message);
  bool error_at(std::string pointer, std::string_view code, std::string message);
  bool fatal(std::string_view code, std::string message);
  bool too_deep();

  const ReadOptions& options_;
  Slot root_;
  std::vector<Frame> frames_;
  std::vector<Unfinished> unfinished_;
  std::vector<const void*> addresses_;  // of the members of all open structs
  Search search_;
  bool stopped_ = false;
  Errors errors_;
};

}  // namespace rondeau::json
