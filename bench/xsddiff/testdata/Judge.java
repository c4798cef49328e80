import java.io.*;
import java.util.concurrent.*;
import javax.xml.transform.Source;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.*;
import org.xml.sax.*;

/** Answers lines "id TAB schema|schema TAB instance|instance" with "id TAB verdict TAB verdicts TAB message". */
public class Judge {
	static final class Strict implements ErrorHandler {
		String first;
		void note(SAXParseException e) { if (first == null) first = e.getLineNumber() + ": " + e.getMessage(); }
		public void warning(SAXParseException e) {}
		public void error(SAXParseException e) { note(e); }
		public void fatalError(SAXParseException e) throws SAXException { note(e); throw e; }
	}
	static String judge(String schemas, String instances) {
		StringBuilder out = new StringBuilder();
		String message = "";
		Schema schema = null;
		try {
			SchemaFactory factory = new org.apache.xerces.jaxp.validation.XMLSchemaFactory();
			factory.setFeature("http://apache.org/xml/features/namespace-growth", true);
			Strict strict = new Strict();
			factory.setErrorHandler(strict);
			String[] names = schemas.split("\\|");
			Source[] sources = new Source[names.length];
			for (int i = 0; i < names.length; i++) sources[i] = new StreamSource(new File(names[i]));
			schema = factory.newSchema(sources);
			if (strict.first != null) { message = strict.first; schema = null; }
		} catch (Throwable e) { message = "" + e; schema = null; }
		out.append(schema != null ? "V" : "N").append("\t");
		if (!instances.isEmpty()) for (String name : instances.split("\\|")) {
			if (schema == null) { out.append("-"); continue; }
			Strict strict = new Strict();
			try {
				Validator validator = schema.newValidator();
				validator.setErrorHandler(strict);
				validator.validate(new StreamSource(new File(name)));
			} catch (Throwable e) { if (strict.first == null) strict.first = "" + e; }
			out.append(strict.first == null ? "V" : "N");
			if (strict.first != null && message.isEmpty()) message = strict.first;
		}
		return out + "\t" + message.replaceAll("\\s+", " ");
	}
	public static void main(String[] args) throws Exception {
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
		PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, "UTF-8");
		System.setErr(new PrintStream(OutputStream.nullOutputStream()));
		ExecutorService pool = Executors.newCachedThreadPool(r -> { Thread t = new Thread(null, r, "j", 64 << 20); t.setDaemon(true); return t; });
		for (String line; (line = in.readLine()) != null; ) {
			String[] f = line.split("\t", -1);
			Future<String> answer = pool.submit(() -> judge(f[1], f.length > 2 ? f[2] : ""));
			String said;
			try { said = answer.get(4, TimeUnit.SECONDS); } catch (TimeoutException e) { answer.cancel(true); said = "T\t\ttimeout"; }
			out.println(f[0] + "\t" + said);
			out.flush();
		}
	}
}
