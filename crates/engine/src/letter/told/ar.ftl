# What staff and partners are told, in Arabic.

approval-needed = عملية النقل { $subject } تنتظر موافقة أحد المسؤولين.
transfer-failed = لم تنجح عملية النقل { $subject }.
receipt-disputed = إشعار الاستلام الخاص بعملية النقل { $subject } لا يطابق ما أُرسل.
receipt-overdue = تأخر إشعار الاستلام الخاص بعملية النقل { $subject }.
package-ready = حزمة عملية النقل { $subject } جاهزة للاستلام عبر واجهة API.
package-not-taken = لم تُستلم حزمة عملية النقل { $subject } في الوقت المحدد: سقطت عملية النقل.
arrangement-expires = ينتهي الاتفاق { $subject } قريبًا.
key-expires = تنتهي صلاحية المفتاح { $subject } قريبًا.
schema-drift = لم يعد محتوى قواعد البيانات مطابقًا للفهرس { $subject }.
unusual-volume = تحتوي حزمة عملية النقل { $subject } على سجلات أكثر بكثير أو أقل بكثير من سابقاتها.
look-ups-suspended = لم يعد العميل { $subject } يسأل عن أفراد بعينهم: كانت أسئلته متشابهة جدًا.
intake-waits = سجلات من الملف الوارد { $subject } تنتظر قرار شخص.
intake-rejected = رُفض الملف الوارد { $subject }: لا يُطبَّق منه شيء.
trial = هذه تجربة للإشعارات: { $subject }.
look = لمزيد من المعلومات راجعوا بوابة { $operation }: لا يُرسل شيء آخر بهذه الطريقة.
ids-only = يُرجى عدم الرد. لا ترسلوا أبدًا معلومات عن أشخاص بالبريد.
