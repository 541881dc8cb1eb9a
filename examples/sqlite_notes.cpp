// Notes in SQLite: typed rows, migrations, a transaction. Run: build/examples/sqlite_notes --port 8080
//   curl localhost:8080/notes -H 'content-type: application/json' -d '{"text":"buy flour","tags":["kitchen"]}'
//   curl localhost:8080/notes?tag=kitchen
#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>
#include <rondeau/sqlite/sqlite.h>

using namespace rondeau;

struct NewNote {
  std::string text;
  std::vector<std::string> tags;
};
struct Note {
  std::int64_t id = 0;
  std::string text;
  Uuid key;
};
struct Filter {
  std::optional<std::string> tag;
};
struct Settings {
  std::string database = "sqlite:notes.db";
};
struct App {
  sql::Database notes;
};

Result<sql::Migrations, sql::Error> migrations() {
  const std::vector<sql::MigrationFile> files{{"0001_create_notes.sql", R"sql(
    create table notes (id integer primary key, key text not null unique, text text not null) strict;
    create table tags (note integer not null references notes on delete cascade, name text not null,
                       primary key (note, name)) without rowid, strict;
  )sql"}};
  return sql::Migrations::from_files(files);
}

Task<Result<Created<Json<Note>>, Problem>> add(State<App> app, Json<NewNote> note) {
  RONDEAU_TRY(Note added, co_await app->notes.transaction([note = *note](sql::Transaction& tx) -> Task<Result<Note, sql::Error>> {
    RONDEAU_TRY(Note made, co_await tx.one<Note>("insert into notes (key, text) values (lower(hex(randomblob(4))) || "
                                                 "'-0000-4000-8000-' || lower(hex(randomblob(6))), $1) returning *",
                                                 note.text));
    for (const std::string& tag : note.tags) {
      RONDEAU_TRY_VOID(co_await tx.exec("insert into tags (note, name) values ($1, $2) on conflict do nothing", made.id, tag));
    }
    co_return made;
  }));
  const std::string where = "/notes/" + std::to_string(added.id);
  co_return Created{Json{std::move(added)}, where};
}

Task<Result<Json<std::vector<Note>>, Problem>> list(State<App> app, Query<Filter> filter) {
  RONDEAU_TRY(std::vector<Note> notes,
              co_await app->notes.all<Note>("select id, text, key from notes where $1 is null or id in "
                                            "(select note from tags where name = $1) order by id limit 100",
                                            filter->tag));
  co_return Json{std::move(notes)};
}

Task<Result<NoContent, Problem>> forget(State<App> app, Path<"id", std::int64_t> id) {
  RONDEAU_TRY(const std::int64_t gone, co_await app->notes.exec("delete from notes where id = $1", *id));
  if (gone == 0) co_return problem(StatusCode::NotFound, "there is no such note");
  co_return NoContent{};
}

Task<Result<Router<App>>> set_up(service::Context& context, const Settings& settings) {
  RONDEAU_TRY(sql::Database notes, co_await sqlite::open_url(settings.database));
  RONDEAU_TRY(sql::Migrations steps, migrations());
  RONDEAU_TRY_VOID(co_await notes.migrate(std::move(steps)));
  context.readiness("notes", [notes]() -> Task<Result<void>> {
    RONDEAU_TRY_VOID(co_await sqlite::check(notes));
    co_return {};
  });
  Router<App> app(App{notes});
  app.post<"/notes">(add);
  app.get<"/notes">(list);
  app.del<"/notes/{id}">(forget);
  co_return app;
}

int main(int argc, char** argv) {
  return Service("notes").run<Settings>(argc, argv, set_up);
}
