using System;
using System.IO;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using System.Xml;
using System.Xml.Schema;

/// Answers lines "id TAB schema|schema TAB instance|instance" with "id TAB verdict TAB verdicts TAB message".
public static class Judge {
	static string Run(string schemas, string instances) {
		var result = new StringBuilder();
		string message = "";
		XmlSchemaSet set = new XmlSchemaSet();
		bool ok = true;
		set.ValidationEventHandler += (o, e) => { if (e.Severity == XmlSeverityType.Error) { ok = false; if (message == "") message = e.Message; } };
		try {
			foreach (var name in schemas.Split('|')) set.Add(null, name);
			set.Compile();
		} catch (Exception e) { ok = false; if (message == "") message = e.Message; }
		result.Append(ok ? "V\t" : "N\t");
		if (instances != "") foreach (var name in instances.Split('|')) {
			if (!ok) { result.Append("-"); continue; }
			bool valid = true;
			try {
				var settings = new XmlReaderSettings { ValidationType = ValidationType.Schema, DtdProcessing = DtdProcessing.Parse, XmlResolver = null };
				settings.ValidationFlags = XmlSchemaValidationFlags.ProcessIdentityConstraints | XmlSchemaValidationFlags.ReportValidationWarnings;
				settings.Schemas = set;
				XmlReader reader = null;
				bool root = true;
				settings.ValidationEventHandler += (o, e) => {
					if (e.Severity == XmlSeverityType.Error || (root && reader.Depth == 0 && reader.NodeType == XmlNodeType.Element)) { valid = false; if (message == "") message = e.Message; }
				};
				using (reader = XmlReader.Create(name, settings)) while (reader.Read()) { if (reader.Depth > 0) root = false; }
			} catch (Exception e) { valid = false; if (message == "") message = e.Message; }
			result.Append(valid ? "V" : "N");
		}
		return result + "\t" + Regex.Replace(message, "\\s+", " ");
	}
	public static void Main() {
		var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
		var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false));
		for (string line; (line = input.ReadLine()) != null; ) {
			var f = line.Split('\t');
			string said = "T\t\ttimeout";
			var t = new Thread(() => { said = Run(f[1], f.Length > 2 ? f[2] : ""); }, 64 << 20);
			t.IsBackground = true;
			t.Start();
			if (!t.Join(4000)) { t.Abort(); }
			output.Write(f[0] + "\t" + said + "\n");
			output.Flush();
		}
	}
}
