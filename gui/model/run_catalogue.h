// What `attnscope` can run, as `list` and `describe` say it. The run dialog is made of this alone.
#pragma once

#include <QList>
#include <QObject>
#include <QString>
#include <QStringList>
#include <functional>
#include <memory>

class QProcess;

namespace attnscope::gui::model {

struct RunCatalogue {
  struct Refusal {
    QString axis, value, reason;
  };
  struct Option {
    QString name, default_value, range, meaning;
  };
  struct Variant {
    QString name, title, family, complexity;
    QList<Refusal> refusals;
    QList<Option> options;
  };
  struct Axis {
    enum class Kind { count, flag, word };
    QString name, default_value, meaning;
    Kind kind = Kind::count;
    QStringList values;  // of flags and words
  };
  struct Device {
    QString name, description;
    bool is_available = false;
    QStringList dtypes;
  };
  struct Named {
    QString name, default_value, meaning;
  };

  // An option of `attnscope run` that takes a value and is neither a setting nor chosen otherwise.
  struct Extra {
    QString name, meaning;
    bool is_list = false;
    bool chooses_cases = false;  // `attnscope list` takes it too
  };

  QList<Variant> variants;
  QList<Axis> axes;
  QList<Device> devices;
  QList<Named> settings, presets;
  QList<Extra> extras;

  const Axis* find_axis(const QString& name) const;
  const Variant* find_variant(const QString& name) const;
  // Why the device cannot be chosen, or cannot compute in any of these types; "" when it can.
  QString device_problem(const QString& device, const QStringList& dtypes) const;
};

// Why the variant can run none of the values chosen for an axis; "" when it can run some.
QString why_refused(const RunCatalogue::Variant& variant, const QString& axis, const QStringList& chosen);

// Asks the program, without blocking.
class CatalogueReader : public QObject {
  Q_OBJECT

 public:
  explicit CatalogueReader(QObject* parent = nullptr);
  ~CatalogueReader() override;

  void start(const QString& program);
  const RunCatalogue& catalogue() const { return catalogue_; }

 signals:
  void ready();
  void failed(const QString& message);  // what was asked and what came instead

 private:
  struct Question {
    QStringList arguments;
    bool (*take)(const QByteArray& answer, RunCatalogue& catalogue);  // false: not understood
  };
  static const QList<Question>& questions();
  void ask_next();
  void take_answer();

  QString program_;
  RunCatalogue catalogue_;
  std::unique_ptr<QProcess> process_;
  qsizetype next_ = 0;
};

}  // namespace attnscope::gui::model
